using Iced.Intel;
using Lucos.UpdateServer.Code;
using Lucos.Vmm;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.UpdateServer.Tests;

/// <summary>
/// Runs functions on the real machine, once from inside their first five bytes and once from the same instruction of the relocated
/// copy with a jump over the entry, and compares registers and data.
/// </summary>
public sealed class DisplacedExecutionTests
{
    private const ulong Function = 0x100000;
    private const ulong Helper = 0x101000;
    private const ulong Return = 0x102000;
    private const ulong CopyPlace = 0x190000;
    private const ulong Data = 0x203000;
    private const ulong Stack = 0x230000;

    private static IEnumerable<TestCaseData> Forms()
    {
        yield return Form("FramePointer", a => { a.push(rbp); a.mov(rbp, rsp); a.push(rbx); a.mov(rbx, rdi); a.lea(rax, __[rbx + 3]); a.pop(rbx); a.pop(rbp); a.ret(); });
        yield return Form("FourPushes", a => { a.push(r15); a.push(r14); a.push(r13); a.mov(r13, rdi); a.lea(rax, __[r13 + 1]); a.pop(r13); a.pop(r14); a.pop(r15); a.ret(); });
        yield return Form("StackRoomThenStore", a => { a.sub(rsp, 0x18); a.mov(__qword_ptr[rsp + 8], rdi); a.mov(rax, __[rsp + 8]); a.add(rsp, 0x18); a.ret(); });
        yield return Form("LoadRelativeToRip", a => { a.push(rbx); a.mov(rax, __qword_ptr[Data]); a.pop(rbx); a.ret(); });
        yield return Form("AddressRelativeToRip", a => { a.push(rbx); a.lea(rax, __[Data + 8]); a.mov(rax, __[rax]); a.pop(rbx); a.ret(); });
        yield return Form("CompareRelativeToRipWithImmediate", a => { a.push(rax); a.cmp(__byte_ptr[Data], 3); a.sete(al); a.pop(rbx); a.ret(); });
        yield return Form("ShortConditionalBranchTaken", a => { Label end = a.CreateLabel(); a.test(rdi, rdi); a.jne(end); a.mov(eax, 1); a.Label(ref end); a.mov(ecx, 7); a.ret(); });
        yield return Form("ShortConditionalBranchNotTaken", a => { Label end = a.CreateLabel(); a.test(rdi, rdi); a.je(end); a.mov(eax, 1); a.Label(ref end); a.mov(ecx, 7); a.ret(); });
        yield return Form("ShortJump", a => { Label end = a.CreateLabel(); a.xor(eax, eax); a.jmp(end); a.mov(eax, 1); a.Label(ref end); a.mov(ecx, 7); a.ret(); });
        yield return Form("BranchOnRcx", a => { Label end = a.CreateLabel(); a.nop(); a.jrcxz(end); a.mov(eax, 1); a.Label(ref end); a.inc(rax); a.ret(); });
        yield return Form("Loop", a => { Label end = a.CreateLabel(); a.xor(eax, eax); a.loop(end); a.mov(eax, 1); a.Label(ref end); a.inc(rax); a.ret(); });
        yield return Form("Call", a => { a.push(rbp); a.call(Helper); a.pop(rbp); a.ret(); });
        yield return Form("WideImmediate", a => { a.push(rbp); a.mov(rax, 0x1122334455667788); a.pop(rbp); a.ret(); });
        yield return Form("LockedIncrement", a => { a.nop(); a.@lock.inc(__qword_ptr[rdi]); a.mov(rax, __[rdi]); a.ret(); });
        yield return Form("StringMove", a => { a.cld(); a.mov(ecx, 8); a.mov(rsi, rdi); a.add(rdi, 16); a.rep.movsb(); a.ret(); });
        yield return Form("SegmentLoad", a => { a.push(rbp); a.mov(rax, __qword_ptr.gs[0x203000]); a.pop(rbp); a.ret(); });
        yield return Form("TailBranchOut", a => { a.push(rdi); a.pop(rax); a.nop(); a.jmp(Helper); });
        yield return Form("ShorterThanTheJump", a => { a.xor(eax, eax); a.ret(); });
    }

    [TestCaseSource(nameof(Forms))]
    public void CopyDoesWhatTheOriginalDoes(byte[] code)
    {
        List<ulong> starts = [.. Boundaries(code).Where(start => start > Function && start < Function + Trampoline.Length)];
        Assert.That(starts, Is.Not.Empty);
        Assert.That(Displacer.TryCopy(code, Function, CopyPlace, out RelocatedCopy? copy, out string problem), Is.True, problem);
        foreach (ulong start in starts)
        {
            Assert.That(copy!.TryMapForward(start, out ulong moved), Is.True);
            Assert.That(copy.TryMapBack(moved, out ulong back) ? back : 0, Is.EqualTo(start));
            (RegisterFile registers, byte[] data) expected = Run(code, start, _ => { });
            (RegisterFile registers, byte[] data) found = Run(code, moved, machine =>
            {
                machine.Code.Write(new GuestVirtualAddress(CopyPlace), copy.Code);
                machine.Code.Write(new GuestVirtualAddress(Function), [0xe9, 0x00, 0x00, 0x00, 0x40]);
            });

            Assert.That(found.registers, Is.EqualTo(expected.registers), $"from +{start - Function}");
            Assert.That(found.data, Is.EqualTo(expected.data));
        }
    }

    [Test]
    public void OperandOutOfReachOfTheCopyIsRefused()
    {
        byte[] code = World.TestWorld.Assemble(Function, a =>
        {
            a.push(rbx);
            a.mov(rax, __qword_ptr[Data]);
            a.ret();
        });

        Assert.That(Displacer.TryCopy(code, Function, 0x7fff_0000_0000, out _, out string problem), Is.False);
        Assert.That(problem, Does.Contain("out of reach"));
        Assert.That(Displacer.TryCopy(code, Function, CopyPlace, out _, out _), Is.True);
    }

    private static IEnumerable<ulong> Boundaries(byte[] code)
    {
        Decoder decoder = Decoder.Create(64, code, Function);
        while (decoder.IP < Function + (ulong)code.Length)
        {
            yield return decoder.Decode().IP;
        }
    }

    private static void Load(Machine machine, byte[] code)
    {
        machine.Code.Write(new GuestVirtualAddress(Function), [.. code, .. new byte[64]]);
        machine.Code.Write(new GuestVirtualAddress(Helper), World.TestWorld.Assemble(Helper, a =>
        {
            a.lea(rax, __[rdi + 0x77]);
            a.ret();
        }));
        machine.Code.Write(new GuestVirtualAddress(Return), [0xf4]);
        machine.Memory.Write(new GuestPhysicalAddress(Data), [.. Enumerable.Range(3, 64).Select(i => (byte)i)]);
        machine.Memory.Write(new GuestPhysicalAddress(Stack - 64), new byte[128]);
        foreach (ulong slot in Enumerable.Range(0, 8).Select(i => Stack + (ulong)(8 * i)))
        {
            machine.Memory.WriteUInt64(new GuestPhysicalAddress(slot), Return);
        }
    }

    private static (RegisterFile Registers, byte[] Data) Run(byte[] code, ulong start, Action<Machine> patch)
    {
        using var machine = new Machine(new MachineOptions { MemoryBytes = 32 << 20 });
        Load(machine, code);
        patch(machine);
        machine.Breakpoints.Add(new GuestVirtualAddress(Return));
        Vcpu cpu = machine.Vcpus[0];
        cpu.Registers = cpu.Registers with
        {
            Rip = start,
            Rsp = Stack,
            Rdi = Data,
            Rax = 0x11,
            Rbx = 0x22,
            Rcx = 5,
            Rdx = 0x44,
            Rsi = 0x55,
            Rbp = 0x66,
            R13 = Data,
            R14 = 0x88,
            R15 = 0x99,
            Rflags = 0x46,
        };
        MachineStop stop = machine.Run(RunLimits.ForBlocks(100));
        Assert.That(stop, Is.InstanceOf<MachineStop.Breakpoint>(), stop.ToString());
        var data = new byte[64];
        machine.Memory.Read(new GuestPhysicalAddress(Data), data);
        return (cpu.Registers, data);
    }

    private static TestCaseData Form(string name, Action<Assembler> body) =>
        new TestCaseData(World.TestWorld.Assemble(Function, body)).SetName($"CopyDoesWhatTheOriginalDoes{name}");
}
