using Iced.Intel;
using Lucos.Vmm.Code;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Code is coherent by physical address: whoever stores to it, every processor runs the new bytes from the next block on.</summary>
public sealed class CodeFramesTests
{
    private const ulong Function = 0x140000;
    private const ulong Other = 0x142000;
    private const ulong DataOnly = 3 | (1UL << 63);
    private const int ImmediateOfMov = 1;

    [Test]
    public void AStoreThroughADataMappingIsSeenByTheNextBlock()
    {
        using BareGuest guest = new();
        ulong alias = guest.MapSmall(5, Function, DataOnly);
        WriteFunction(guest, Function, 1);
        guest.Boot(a =>
        {
            a.mov(rdi, alias);
            a.mov(__byte_ptr[rdi + 0x800], 1);
            CallTo(a, Function, r8);
            a.mov(__byte_ptr[rdi + ImmediateOfMov], 2);
            CallTo(a, Function, r9);
            a.mov(__byte_ptr[rdi + ImmediateOfMov], 3);
            CallTo(a, Function, r10);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That((guest.Registers.R8, guest.Registers.R9, guest.Registers.R10), Is.EqualTo((1UL, 2UL, 3UL)));
    }

    [Test]
    public void StoresToOtherFramesDropNothing()
    {
        using BareGuest guest = new();
        ulong alias = guest.MapSmall(5, Function + 0x1000, DataOnly);
        WriteFunction(guest, Function, 1);
        guest.Boot(a =>
        {
            a.mov(rdi, alias);
            CallTo(a, Function, r8);
            a.mov(__qword_ptr[rdi], 2);
            CallTo(a, Function, r9);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.Machine.Memory.CodeFrames.FramesDropped, Is.Zero);
        Assert.That(guest.Machine.Memory.CodeFrames.Contains(new GuestPhysicalAddress(Function)), Is.True);
        Assert.That(guest.Machine.Memory.CodeFrames.Contains(new GuestPhysicalAddress(Function + 0x1000)), Is.False);
    }

    [Test]
    public void AStoreThroughTheMappingThatIsExecutedIsSeenByTheNextBlock()
    {
        using BareGuest guest = new();
        WriteFunction(guest, Function, 1);
        guest.Boot(a =>
        {
            a.mov(rdi, Function);
            CallTo(a, Function, r8);
            a.mov(__byte_ptr[rdi + ImmediateOfMov], 2);
            CallTo(a, Function, r9);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That((guest.Registers.R8, guest.Registers.R9), Is.EqualTo((1UL, 2UL)));
    }

    [Test]
    public void BothFramesOfAnInstructionThatCrossesThemAreWatched()
    {
        const ulong Crossing = Function + 0xffe;
        using BareGuest guest = new();
        ulong alias = guest.MapSmall(5, Function + 0x1000, DataOnly);
        WriteFunction(guest, Crossing, 1);
        guest.Boot(a =>
        {
            a.mov(rdi, alias);
            a.mov(__byte_ptr[rdi + 0x800], 1);
            CallTo(a, Crossing, r8);
            a.mov(__byte_ptr[rdi], 1);
            CallTo(a, Crossing, r9);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That((guest.Registers.R8, guest.Registers.R9), Is.EqualTo((1UL, 0x101UL)));
    }

    [Test]
    public void AFrameThatIsCodeThenDataThenCodeAgainCostsOneDropHoweverOftenItIsStoredTo()
    {
        using BareGuest guest = new();
        ulong alias = guest.MapSmall(5, Function, DataOnly);
        WriteFunction(guest, Function, 1);
        WriteFunction(guest, Other, 2);
        guest.Boot(a =>
        {
            CallTo(a, Function, r8);
            a.mov(rdi, alias);
            a.mov(ecx, 512);
            a.xor(eax, eax);
            a.rep.stosq();
            a.mov(rsi, Other);
            a.mov(rdi, alias);
            a.mov(ecx, 16);
            a.rep.movsb();
            CallTo(a, Function, r9);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That((guest.Registers.R8, guest.Registers.R9), Is.EqualTo((1UL, 2UL)));
        Assert.That(guest.Machine.Memory.CodeFrames.FramesDropped, Is.EqualTo(1));
    }

    [Test]
    public void AWriteByTheHostDropsJustItsFrame()
    {
        using BareGuest guest = new();
        WriteFunction(guest, Function, 1);
        WriteFunction(guest, Other, 1);
        guest.Boot(a =>
        {
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            CallTo(a, Function, r8);
            CallTo(a, Other, r9);
            a.jmp(loop);
        });
        CodeFrames frames = guest.Machine.Memory.CodeFrames;
        guest.Machine.Run(RunLimits.ForBlocks(100));
        Assert.That((guest.Registers.R8, guest.Registers.R9), Is.EqualTo((1UL, 1UL)));

        guest.Machine.Code.Write(new GuestVirtualAddress(Function + ImmediateOfMov), [7]);
        Assert.That(frames.FramesDropped, Is.EqualTo(1));
        Assert.That(frames.Contains(new GuestPhysicalAddress(Function)), Is.False);
        Assert.That(frames.Contains(new GuestPhysicalAddress(Other)), Is.True);
        guest.Machine.Run(RunLimits.ForBlocks(100));
        Assert.That((guest.Registers.R8, guest.Registers.R9), Is.EqualTo((7UL, 1UL)));

        guest.Machine.Memory.Write(new GuestPhysicalAddress(Other + ImmediateOfMov), [9]);
        guest.Machine.Run(RunLimits.ForBlocks(100));
        Assert.That((guest.Registers.R8, guest.Registers.R9), Is.EqualTo((7UL, 9UL)), "a write that says nothing of code is seen too");
    }

    [Test]
    public void AGuardedPageThatHoldsCodeTellsItsListenerAndRunsTheNewCode()
    {
        using BareGuest guest = new();
        Listener listener = new();
        ulong alias = guest.MapSmall(5, Function, DataOnly);
        WriteFunction(guest, Function, 1);
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(Function), listener);
        guest.Boot(a =>
        {
            a.mov(rdi, alias);
            CallTo(a, Function, r8);
            a.mov(__byte_ptr[rdi + ImmediateOfMov], 2);
            CallTo(a, Function, r9);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That((guest.Registers.R8, guest.Registers.R9), Is.EqualTo((1UL, 2UL)));
        Assert.That(listener.Stores, Is.EqualTo(new[] { (Function + ImmediateOfMov, 1) }));
    }

    [Test]
    public void AnotherProcessorRunsTheNewCodeOfBothSides()
    {
        const ulong Caller = 0x150000, Writer = 0x151000;
        using BareGuest guest = new();
        WriteFunction(guest, Function, 1);
        guest.Assemble(Caller, a =>
        {
            a.mov(esp, (int)BareGuest.Ist1);
            CallTo(a, Function, rax);
            a.hlt();
        });
        guest.Assemble(Writer, a =>
        {
            a.mov(__byte_ptr[Function + ImmediateOfMov], 3);
            a.hlt();
        });
        guest.Boot(a =>
        {
            CallTo(a, Function, r8);
            a.mov(__byte_ptr[Function + ImmediateOfMov], 2);
            CallTo(a, Function, r9);
            BareGuest.PowerOff(a, 0);
        });
        using SecondProcessor second = new(guest);
        second.RunToHalt(Caller);
        Assert.That(second.Rax, Is.EqualTo(1));

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That((guest.Registers.R8, guest.Registers.R9), Is.EqualTo((1UL, 2UL)));
        second.RunToHalt(Caller);
        Assert.That(second.Rax, Is.EqualTo(2), "what the first has written");

        second.RunToHalt(Writer);
        second.RunToHalt(Caller);
        Assert.That(second.Rax, Is.EqualTo(3), "what it has written itself");
    }

    [Test]
    public void AFullTableForgetsEverythingAndNothingStaleRuns()
    {
        using BareGuest guest = new();
        guest.Machine.Memory.CodeFrames.Limit = 2;
        ulong alias = guest.MapSmall(5, Function, DataOnly);
        WriteFunction(guest, Function, 1);
        WriteFunction(guest, Other, 1);
        guest.Boot(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(rdi, alias);
            a.xor(r8d, r8d);
            a.mov(edx, 100);
            a.Label(ref loop);
            a.inc(__byte_ptr[rdi + ImmediateOfMov]);
            CallTo(a, Other, r9);
            CallTo(a, Function, rbx);
            a.add(r8, rbx);
            a.dec(edx);
            a.jnz(loop);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.Registers.R8, Is.EqualTo((ulong)Enumerable.Range(2, 100).Sum()));
        Assert.That(guest.Machine.Memory.CodeFrames.AllDropped, Is.GreaterThan(1));
        Assert.That(guest.Machine.Memory.CodeFrames.Count, Is.LessThanOrEqualTo(2));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void NoFrameIsExecutedWithoutBeingInTheTable(int seed)
    {
        using BareGuest stepped = RandomProgram(seed);
        HashSet<ulong> executed = [];
        while (stepped.Registers.Rax != 0x5eed)
        {
            ulong rip = stepped.Registers.Rip;
            Instruction instruction = Decode(stepped, rip);
            executed.Add(rip >> 12);
            executed.Add((rip + (ulong)instruction.Length - 1) >> 12);
            Assert.That(stepped.Cpu.Step(), Is.InstanceOf<VmExit.DebugStep>());
        }

        using BareGuest guest = RandomProgram(seed);
        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.PowerOff>());
        Assert.That(executed, Has.Count.GreaterThan(60));
        Assert.That(executed.Where(frame => !guest.Machine.Memory.CodeFrames.Contains(new GuestPhysicalAddress(frame << 12))), Is.Empty);
    }

    [TestCase(1)]
    [TestCase(2)]
    public void WhatIsInTheCachesShowsNowhere(int seed)
    {
        using BareGuest whole = SelfModifying();
        whole.Machine.Run(RunLimits.ForBlocks(20_000));

        Random random = new(seed);
        using BareGuest disturbed = SelfModifying();
        while (disturbed.Machine.Clock.Blocks < 20_000)
        {
            ulong left = 20_000 - disturbed.Machine.Clock.Blocks;
            disturbed.Machine.Run(RunLimits.ForBlocks(Math.Min(left, (ulong)random.Next(1, 400))));
            disturbed.Machine.Memory.CodeFrames.DropAll();
        }

        Assert.Multiple(() =>
        {
            Assert.That(whole.Machine.Memory.CodeFrames.FramesDropped, Is.GreaterThan(100), "the program does change its code");
            Assert.That(disturbed.Registers, Is.EqualTo(whole.Registers));
            Assert.That(disturbed.Machine.Clock.Blocks, Is.EqualTo(whole.Machine.Clock.Blocks));
            Assert.That(disturbed.Machine.Clock.Now, Is.EqualTo(whole.Machine.Clock.Now));
            Assert.That(disturbed.Machine.HashMemory(), Is.EqualTo(whole.Machine.HashMemory()));
        });
    }

    private static void WriteFunction(BareGuest guest, ulong address, uint result) =>
        guest.Assemble(address, a =>
        {
            a.mov(ebx, result);
            a.ret();
        });

    private static void CallTo(Assembler a, ulong function, AssemblerRegister64 result)
    {
        a.mov(rax, function);
        a.call(rax);
        a.mov(result, rbx);
    }

    // Patches two functions through both kinds of mapping, a timer interrupting it at its own pace.
    private static BareGuest SelfModifying()
    {
        BareGuest guest = new();
        ulong alias = guest.MapSmall(5, Function, DataOnly);
        WriteFunction(guest, Function, 1);
        WriteFunction(guest, Other, 1);
        guest.Boot(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(rdi, alias);
            a.mov(rsi, Other);
            a.Label(ref loop);
            a.inc(__byte_ptr[rdi + ImmediateOfMov]);
            CallTo(a, Function, r8);
            CallTo(a, Other, r9);
            a.add(r10, r8);
            a.inc(__byte_ptr[rsi + ImmediateOfMov]);
            a.mov(__qword_ptr[rdi + 0x100], r10);
            CallTo(a, Other, r9);
            a.add(r10, r9);
            a.jmp(loop);
        });
        return guest;
    }

    // Pieces of straight code of odd lengths, each ending in a jump to another one anywhere in 64 frames; some cross a frame.
    private static BareGuest RandomProgram(int seed)
    {
        const int Pieces = 200;
        const ulong Area = 0x300000;
        Random random = new(seed);
        ulong[] places = [.. Enumerable.Range(0, 64 * 8).Select(i => Area + 64 + ((ulong)i * 512)).ToArray()];
        random.Shuffle(places);
        BareGuest guest = new();
        for (int i = 0; i < Pieces; i++)
        {
            ulong place = places[i];
            ulong next = i + 1 < Pieces ? places[i + 1] : 0;
            bool crosses = place % 4096 == 3648;
            guest.Assemble(place, a =>
            {
                for (int n = crosses ? 27 : random.Next(1, 10); n > 0; n--)
                {
                    a.lea(r8, __[r9 + 0x12345678]);
                    a.mov(r10, 0x1122334455667788);
                }

                if (next == 0)
                {
                    a.mov(eax, 0x5eed);
                    BareGuest.PowerOff(a, 0);
                }
                else if (random.Next(2) == 0)
                {
                    a.jmp(next);
                }
                else
                {
                    a.mov(rax, next);
                    a.jmp(rax);
                }
            });
        }

        guest.Boot(a =>
        {
            a.mov(rax, places[0]);
            a.jmp(rax);
        });
        return guest;
    }

    private static Instruction Decode(BareGuest guest, ulong rip)
    {
        byte[] bytes = guest.Machine.Memory.Span(new GuestPhysicalAddress(rip), 16).ToArray();
        Decoder decoder = Decoder.Create(64, bytes);
        decoder.IP = rip;
        return decoder.Decode();
    }

    private sealed class Listener : IWriteListener
    {
        internal List<(ulong Address, int Size)> Stores { get; } = [];

        public StoreReaction OnStore(in GuardedStore store)
        {
            Stores.Add((store.Address.Value, store.Size));
            return StoreReaction.Continue;
        }
    }
}
