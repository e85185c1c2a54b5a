using Iced.Intel;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Devices;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Write protection, exits made up by hand, options.</summary>
public sealed class MachineTests
{
    private const ulong Page = 0x300000;

    [Test]
    public void AStoreToAGuardedPageIsCarriedOutAndReported()
    {
        using BareGuest guest = new();
        Listener listener = new();
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(Page), listener);
        guest.Boot(a =>
        {
            a.mov(ebx, (uint)Page);
            a.mov(__dword_ptr[rbx + 8], 0x1234);
            a.@lock.add(__qword_ptr[rbx + 16], 5);
            a.@lock.add(__qword_ptr[rbx + 16], 5);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.ReadPhysical(Page + 8), Is.EqualTo(0x1234));
        Assert.That(guest.ReadPhysical(Page + 16), Is.EqualTo(10));
        Assert.That(listener.Stores, Is.EqualTo(new[] { (Page + 8, 4), (Page + 16, 8), (Page + 16, 8) }));
    }

    [Test]
    public void AListenerCanStopTheMachineAndAnOpenedPageReportsNothing()
    {
        using BareGuest guest = new();
        Listener listener = new() { Leave = true };
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(Page), listener);
        guest.Boot(a =>
        {
            Label next = a.CreateLabel();
            a.mov(ebx, (uint)Page);
            a.mov(__qword_ptr[rbx], 1);
            a.jmp(next);
            a.Label(ref next);
            a.mov(__qword_ptr[rbx], 2);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.ProtectedWrite(new GuestPhysicalAddress(Page), 8)));
        guest.Machine.Protection.Unprotect(new GuestPhysicalAddress(Page), listener);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.ReadPhysical(Page), Is.EqualTo(2));
        Assert.That(listener.Stores, Has.Count.EqualTo(1));
    }

    [Test]
    public void AnInterruptFramePushedToAGuardedPageIsReportedToo()
    {
        using BareGuest guest = new();
        Listener listener = new();
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(BareGuest.KernelStack - 8), listener);
        guest.BootToUser(a => a.ud2());

        Assert.That(guest.RunToTrap(), Is.EqualTo(6));
        Assert.That(listener.Stores, Does.Contain((BareGuest.KernelStack - 40, 40)));
    }

    [Test]
    public void ProtectingTwiceOrOutsideOfRamIsRefused()
    {
        using BareGuest guest = new();
        Listener listener = new();
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(Page), listener);
        Assert.That(
            () => guest.Machine.Protection.Protect(new GuestPhysicalAddress(Page + 5), listener),
            Throws.InvalidOperationException.With.Message.Contains("page-already-guarded"));
        Assert.That(
            () => guest.Machine.Protection.Protect(new GuestPhysicalAddress(1UL << 40), listener),
            Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void ExitsMadeUpByHandComeToTheirOutcomes()
    {
        using BareGuest guest = new();
        ExitHandler handler = new(guest.Machine.Ports, guest.Machine.Hypercalls);
        GuestVirtualAddress address = new(0x1234);

        Assert.Multiple(() =>
        {
            Assert.That(handler.Handle(guest.Cpu, new VmExit.Deadline()), Is.EqualTo(ExitOutcome.Continue));
            Assert.That(handler.Handle(guest.Cpu, new VmExit.Mmio(new(1UL << 33), 4, true)), Is.EqualTo(ExitOutcome.Continue));
            Assert.That(handler.Handle(guest.Cpu, new VmExit.Shutdown("x")), Is.EqualTo(ExitOutcome.Shutdown));
            Assert.That(
                handler.Handle(guest.Cpu, new VmExit.Breakpoint(address)),
                Is.EqualTo(ExitOutcome.StopWith(new MachineStop.Breakpoint(address))));
            Assert.That(handler.Handle(guest.Cpu, new VmExit.Halt()), Is.EqualTo(ExitOutcome.Continue));
            Assert.That(guest.Cpu.IsHalted, Is.True);
            Assert.That(
                handler.Handle(guest.Cpu, new VmExit.GuestTrap(13, 0, false)), Is.EqualTo(ExitOutcome.Shutdown), "there is no IDT yet");
        });
    }

    [TestCase(1, 0xabcdef01_234567ffUL)]
    [TestCase(2, 0xabcdef01_2345ffffUL)]
    [TestCase(4, 0x00000000_ffffffffUL)]
    public void APortReadExitReplacesOnlyTheBytesThatInReplaces(int size, ulong expected)
    {
        using BareGuest guest = new();
        var registers = guest.Registers;
        registers.Rax = 0xabcdef01_23456789;
        guest.Cpu.Registers = registers;
        ExitHandler handler = new(new PortBus(), guest.Machine.Hypercalls);

        handler.Handle(guest.Cpu, new VmExit.PortIo(0x1234, size, false, 0));
        Assert.That(guest.Registers.Rax, Is.EqualTo(expected));
    }

    [Test]
    public void AnInterceptedExceptionIsSeenBeforeItIsDelivered()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.nop();
            a.ud2();
        });
        guest.Cpu.InterceptedExceptions = 1u << 6;
        VmExit exit = guest.Cpu.Run();

        Assert.That(exit, Is.EqualTo(new VmExit.GuestTrap(6, null, false)));
        Assert.That(guest.ReadPhysical(guest.Registers.Rip) & 0xffff, Is.EqualTo(0x0b0f), "RIP is at UD2");
        Assert.That(guest.Registers.Rsp, Is.EqualTo(BareGuest.BootStack), "nothing was pushed");
    }

    [TestCase(1UL << 20)]
    [TestCase(4UL << 30)]
    [TestCase((64UL << 20) + 1)]
    public void AnAmountOfMemoryThatIsNotAllowedIsRefused(ulong bytes) =>
        Assert.That(
            () => new Machine(new MachineOptions { MemoryBytes = bytes }), Throws.TypeOf<BootException>().With.Message.Contains("memory-size"));

    [Test]
    public void AnInitramfsOrCommandLineThatDoesNotFitIsRefused()
    {
        Assert.That(
            () => new Machine(new MachineOptions { MemoryBytes = 32 << 20, Initramfs = new byte[33 << 20] }),
            Throws.TypeOf<BootException>().With.Message.Contains("initramfs-too-large"));
        Assert.That(
            () => new Machine(new MachineOptions { CommandLine = new string('x', 5000) }),
            Throws.TypeOf<BootException>().With.Message.Contains("command-line-too-long"));
    }

    [Test]
    public void TheSeedGoesToTheCommandLineUnlessItNamesOne()
    {
        Assert.That(new MachineOptions { Seed = 7 }.EffectiveCommandLine, Is.EqualTo("console=ttyS0 seed=7"));
        Assert.That(new MachineOptions { CommandLine = "seed=3 quiet", Seed = 7 }.EffectiveCommandLine, Is.EqualTo("seed=3 quiet"));
    }

    [Test]
    public void AccessesWhereThereIsNoRamReadAllOnesAndHarmNothing()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.mov(rbx, 0x8000_0000UL);
            a.mov(rcx, __[rbx]);
            a.mov(__[rbx], rcx);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.Registers.Rcx, Is.EqualTo(ulong.MaxValue));
    }

    private sealed class Listener : IWriteListener
    {
        internal List<(ulong, int)> Stores { get; } = [];

        internal bool Leave { get; init; }

        public StoreReaction OnStore(in GuardedStore store)
        {
            Stores.Add((store.Address.Value, store.Size));
            return Leave ? StoreReaction.Stop : StoreReaction.Continue;
        }
    }
}
