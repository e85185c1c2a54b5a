using Iced.Intel;
using Lucos.Vmm.Code;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Writing code, breakpoints, single steps, run limits.</summary>
public sealed class CodeTests
{
    private const ulong Function = 0x140000;

    [Test]
    public void AFunctionThatWasTranslatedIsReplacedAndUndoRestoresItsBytes()
    {
        using BareGuest guest = CallInLoop();
        guest.Machine.Run(RunLimits.ForBlocks(1000));
        Assert.That(guest.Registers.Rbx, Is.EqualTo(1));

        byte[] before = guest.Machine.Memory.Span(new GuestPhysicalAddress(Function), 16).ToArray();
        UndoEntry undo = guest.Machine.Code.Write(new GuestVirtualAddress(Function), [0xbb, 0x02, 0x00, 0x00, 0x00]);
        guest.Machine.Run(RunLimits.ForBlocks(1000));
        Assert.That(guest.Registers.Rbx, Is.EqualTo(2));

        guest.Machine.Code.Undo(undo);
        guest.Machine.Run(RunLimits.ForBlocks(1000));
        Assert.That(guest.Registers.Rbx, Is.EqualTo(1));
        Assert.That(guest.Machine.Memory.Span(new GuestPhysicalAddress(Function), 16).ToArray(), Is.EqualTo(before));
    }

    [Test]
    public void CodeThatIsNotMappedIsRefusedAndNothingIsWritten()
    {
        using BareGuest guest = new();
        ulong page = guest.MapSmall(0, 0x700000, 1);
        guest.MapSmall(1, 0x701000, 0);

        Assert.That(
            () => guest.Machine.Code.Write(new GuestVirtualAddress(page + 0xffe), [1, 2, 3, 4]),
            Throws.TypeOf<CodeWriteException>().With.Message.Contains("code-not-mapped"));
        Assert.That(guest.ReadPhysical(0x700ff8), Is.Zero);
    }

    [Test]
    public void ALaterWriteMustBeUndoneFirst()
    {
        using BareGuest guest = new();
        UndoEntry first = guest.Machine.Code.Write(new GuestVirtualAddress(Function), [1, 2, 3, 4, 5]);
        UndoEntry second = guest.Machine.Code.Write(new GuestVirtualAddress(Function), [6, 7, 8, 9, 10]);

        Assert.That(() => guest.Machine.Code.Undo(first), Throws.TypeOf<CodeWriteException>().With.Message.Contains("code-changed-since"));
        guest.Machine.Code.Undo(second);
        guest.Machine.Code.Undo(first);
        Assert.That(guest.ReadPhysical(Function), Is.Zero);
    }

    [Test]
    public void ABreakpointStopsBeforeItsInstructionAndEveryTimeItIsReached()
    {
        using BareGuest guest = CallInLoop();
        guest.Machine.Run(RunLimits.ForBlocks(100));
        GuestVirtualAddress address = new(Function);
        guest.Machine.Breakpoints.Add(address);
        List<ulong> counts = [];
        for (int i = 0; i < 5; i++)
        {
            MachineStop stop = guest.Run();
            Assert.That(stop, Is.EqualTo(new MachineStop.Breakpoint(address)));
            Assert.That(guest.Registers.Rip, Is.EqualTo(Function));
            counts.Add(guest.Registers.Rcx);
        }

        Assert.That(counts.Zip(counts.Skip(1), (a, b) => b - a), Is.All.EqualTo(1), "each call stops once");
        Assert.That(guest.Machine.Breakpoints.Remove(address), Is.True);
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(100)), Is.InstanceOf<MachineStop.Limit>());
        Assert.That(guest.Machine.Breakpoints.Remove(address), Is.False);
    }

    [Test]
    public void ABreakpointInTheMiddleOfABlockStopsThereWithExactState()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.xor(ebx, ebx);
            a.inc(ebx);
            a.inc(ebx);
            a.inc(ebx);
            a.inc(ebx);
            BareGuest.PowerOff(a, 0);
        });
        ulong second = FindFirst(guest, [0xff, 0xc3]) + 2;
        guest.Machine.Breakpoints.Add(new GuestVirtualAddress(second));

        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.Breakpoint>());
        Assert.That(guest.Registers.Rbx, Is.EqualTo(1));
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.Registers.Rbx, Is.EqualTo(4), "nothing ran twice");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void ABreakpointBehindAnAccessToNoDeviceInTheSameBlockStops(bool stores)
    {
        const uint noDevice = 0x9000000;
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.mov(ebx, noDevice);
            a.xor(ecx, ecx);
            if (stores)
            {
                a.mov(__dword_ptr[rbx], eax);
            }
            else
            {
                a.mov(eax, __dword_ptr[rbx]);
            }

            a.inc(ecx);
            BareGuest.PowerOff(a, 0);
        });
        GuestVirtualAddress place = new(FindFirst(guest, [0xff, 0xc1]));
        guest.Machine.Breakpoints.Add(place);

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.Breakpoint(place)));
        Assert.That((guest.Registers.Rip, guest.Registers.Rcx), Is.EqualTo((place.Value, 0UL)));
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.Registers.Rcx, Is.EqualTo(1), "once");
    }

    [Test]
    public void StepExecutesOneInstruction()
    {
        using BareGuest guest = new();
        guest.Assemble(BareGuest.CodeBase, a =>
        {
            a.mov(ebx, 5);
            a.inc(ebx);
            a.hlt();
        });

        Assert.That(guest.Cpu.Step(), Is.InstanceOf<VmExit.DebugStep>());
        Assert.That((guest.Registers.Rbx, guest.Registers.Rip), Is.EqualTo((5UL, BareGuest.CodeBase + 5)));
        Assert.That(guest.Cpu.Step(), Is.InstanceOf<VmExit.DebugStep>());
        Assert.That(guest.Registers.Rbx, Is.EqualTo(6));
        Assert.That(guest.Registers.Rflags & 0x100, Is.Zero, "TF does not stay");
    }

    [Test]
    public void ABlockLimitIsExactAndStoppingChangesNothing()
    {
        using BareGuest whole = CallInLoop();
        whole.Machine.Run(RunLimits.ForBlocks(30_000));

        using BareGuest pieces = CallInLoop();
        for (int i = 0; i < 30; i++)
        {
            Assert.That(pieces.Machine.Run(RunLimits.ForBlocks(1000)), Is.InstanceOf<MachineStop.Limit>());
            Assert.That(pieces.Machine.Clock.Blocks, Is.EqualTo((ulong)(i + 1) * 1000));
        }

        Assert.Multiple(() =>
        {
            Assert.That(pieces.Registers, Is.EqualTo(whole.Registers));
            Assert.That(pieces.Machine.Clock.Now, Is.EqualTo(whole.Machine.Clock.Now));
            Assert.That(pieces.Machine.HashMemory(), Is.EqualTo(whole.Machine.HashMemory()));
        });
    }

    [Test]
    public void RequestStopFromAnotherThreadEndsAnEndlessLoop()
    {
        using BareGuest guest = CallInLoop();
        using ManualResetEventSlim running = new();
        Thread stopper = new(() =>
        {
            running.Wait();
            guest.Machine.RequestStop();
        });
        stopper.Start();
        running.Set();

        Assert.That(guest.Machine.Run(RunLimits.None), Is.InstanceOf<MachineStop.StopRequested>());
        stopper.Join();
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(10)), Is.InstanceOf<MachineStop.Limit>(), "the request is used up");
    }

    private static BareGuest CallInLoop()
    {
        BareGuest guest = new();
        guest.Assemble(Function, a =>
        {
            a.mov(ebx, 1);
            a.ret();
        });
        guest.Boot(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(rsi, Function);
            a.Label(ref loop);
            a.inc(rcx);
            a.call(rsi);
            a.jmp(loop);
        });
        return guest;
    }

    private static ulong FindFirst(BareGuest guest, byte[] bytes) =>
        BareGuest.CodeBase + (ulong)guest.Machine.Memory.Span(new GuestPhysicalAddress(BareGuest.CodeBase), 4096).IndexOf(bytes);
}
