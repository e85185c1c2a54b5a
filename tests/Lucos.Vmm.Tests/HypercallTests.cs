using Iced.Intel;
using Lucos.Abi;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Hypercalls;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Hypercalls by OUT, VMCALL and VMMCALL.</summary>
public sealed class HypercallTests
{
    [Test]
    public void AnOutToThePortIsServedBehindItWithExactStateAndChangesOnlyRax()
    {
        using BareGuest guest = new();
        Recorder recorder = new();
        guest.Machine.Hypercalls.Register(recorder);
        guest.Boot(a =>
        {
            Call(a);
            a.mov(__[BareGuest.Scratch], rax);
            BareGuest.PowerOff(a, 1);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(1)));
        HypercallContext seen = recorder.Seen[0];
        Assert.Multiple(() =>
        {
            Assert.That((seen.Number, seen.Argument0, seen.Argument1, seen.Argument2, seen.Argument3), Is.EqualTo((7UL, 11UL, 12UL, 13UL, 14UL)));
            Assert.That(recorder.Rips[0], Is.GreaterThan(BareGuest.CodeBase));
            Assert.That((long)guest.ReadPhysical(BareGuest.Scratch), Is.EqualTo(-42));
            Assert.That(guest.Registers.Rbx, Is.EqualTo(11));
            Assert.That(guest.Registers.Rdi, Is.EqualTo(14));
        });
    }

    [TestCase(false)]
    [TestCase(true)]
    public void VmcallAndVmmcallAreAliases(bool amd)
    {
        using BareGuest guest = new();
        Recorder recorder = new();
        guest.Machine.Hypercalls.Register(recorder);
        guest.Boot(a =>
        {
            a.mov(eax, 7);
            if (amd)
            {
                a.vmmcall();
            }
            else
            {
                a.vmcall();
            }

            a.mov(__[BareGuest.Scratch], rax);
            BareGuest.PowerOff(a, 1);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(1)));
        Assert.That(recorder.Seen, Has.Count.EqualTo(1));
        Assert.That((long)guest.ReadPhysical(BareGuest.Scratch), Is.EqualTo(-42));
    }

    [Test]
    public void VmcallFromRing3IsRefusedAndReachesNoHandler()
    {
        using BareGuest guest = new();
        Recorder recorder = new();
        guest.Machine.Hypercalls.Register(recorder);
        guest.SetGate(0x81, BareGuest.Handlers + (0x81 * 16), dpl: 3);
        guest.BootToUser(a =>
        {
            a.mov(eax, 7);
            a.vmcall();
            a.mov(rbx, rax);
            a.@int(0x81);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(0x81));
        Assert.That((long)guest.Registers.Rbx, Is.EqualTo(Refusal.NotPrivileged.ToResult()));
        Assert.That(recorder.Seen, Is.Empty);
    }

    [Test]
    public void OutFromRing3IsAGeneralProtectionFault()
    {
        using BareGuest guest = new();
        Recorder recorder = new();
        guest.Machine.Hypercalls.Register(recorder);
        guest.BootToUser(Call);

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.GeneralProtection));
        Assert.That(guest.ReadPhysical(guest.Frame(1)) & 0xff, Is.EqualTo(0xef), "RIP is that of the OUT");
        Assert.That(guest.Registers.Rbx, Is.EqualTo(11));
        Assert.That(recorder.Seen, Is.Empty);
    }

    [Test]
    public void ANumberThatNoHandlerKnowsIsRefused()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            Call(a);
            a.mov(__[BareGuest.Scratch], rax);
            BareGuest.PowerOff(a, 1);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(1)));
        Assert.That((long)guest.ReadPhysical(BareGuest.Scratch), Is.EqualTo(Refusal.UnknownHypercall.ToResult()));
    }

    [Test]
    public void AnOutWithoutAJumpBehindItIsRefusedInPlace()
    {
        using BareGuest guest = new();
        Recorder recorder = new();
        guest.Machine.Hypercalls.Register(recorder);
        guest.Boot(a =>
        {
            a.mov(eax, 7);
            a.mov(dx, GuestPorts.HypercallPort);
            a.@out(dx, eax);
            a.mov(__[BareGuest.Scratch], rax);
            BareGuest.PowerOff(a, 1);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(1)));
        Assert.That((long)guest.ReadPhysical(BareGuest.Scratch), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(recorder.Seen, Is.Empty);
    }

    [Test]
    public void ThePortReadsTheSignatureAndOtherPortsReadAllOnes()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.mov(dx, GuestPorts.HypercallPort);
            a.@in(eax, dx);
            a.mov(ebx, eax);
            a.inc(dx);
            a.@in(eax, dx);
            a.mov(ecx, eax);
            BareGuest.PowerOff(a, 1);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(1)));
        Assert.That(guest.Registers.Rbx, Is.EqualTo(GuestPorts.Signature));
        Assert.That(guest.Registers.Rcx, Is.EqualTo(uint.MaxValue));
    }

    [Test]
    public void AnExceptionInAHandlerComesOutOfRun()
    {
        using BareGuest guest = new();
        guest.Machine.Hypercalls.Register(new Thrower());
        guest.Boot(Call);

        Assert.That(() => guest.Run(), Throws.InvalidOperationException.With.Message.EqualTo("on purpose"));
    }

    private static void Call(Assembler a)
    {
        Label next = a.CreateLabel();
        a.mov(eax, 7);
        a.mov(ebx, 11);
        a.mov(ecx, 12);
        a.mov(esi, 13);
        a.mov(edi, 14);
        a.mov(dx, GuestPorts.HypercallPort);
        a.@out(dx, eax);
        a.jmp(next);
        a.Label(ref next);
        a.nop();
    }

    private sealed class Recorder : IHypercallHandler
    {
        internal List<HypercallContext> Seen { get; } = [];

        internal List<ulong> Rips { get; } = [];

        public long? Handle(HypercallContext context)
        {
            if (context.Number != 7)
            {
                return null;
            }

            Seen.Add(context);
            Rips.Add(context.Vcpu.Registers.Rip);
            return -42;
        }
    }

    private sealed class Thrower : IHypercallHandler
    {
        public long? Handle(HypercallContext context) => throw new InvalidOperationException("on purpose");
    }
}
