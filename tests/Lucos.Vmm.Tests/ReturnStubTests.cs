using Iced.Intel;
using Lucos.Vmm.Code;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Returns to stubs.</summary>
public sealed class ReturnStubTests
{
    private const ulong Stubs = 0x160000;
    private const ulong Function = 0x140000;
    private const int Count = 256;
    private const ulong Cr3 = 0x4000;

    [Test]
    public void AReturnToAStubIsToldBeforeAnythingRunsAndTheGuestGoesOnAsIfItHadNotHappened()
    {
        using BareGuest plain = Program();
        using BareGuest guest = Program();
        Listener listener = Catch(guest);
        RunToFunction(plain);
        Assert.That(plain.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));

        Assert.That(listener.Stubs, Is.EqualTo(new[] { 200 }));
        Assert.That(guest.Registers, Is.EqualTo(plain.Registers));
        Assert.That((guest.Machine.Clock.Now, guest.Machine.Clock.Blocks), Is.EqualTo((plain.Machine.Clock.Now, plain.Machine.Clock.Blocks)));
    }

    [Test]
    public void AUsersBreakpointOnAStubStopsFirst()
    {
        using BareGuest guest = Program();
        Listener listener = Catch(guest);
        GuestVirtualAddress stub = new(Stubs + (200 * ReturnStubs.StubSize));
        guest.Machine.Breakpoints.Add(stub);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.Breakpoint(stub)));
        Assert.That(listener.Stubs, Is.Empty);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(listener.Stubs, Is.EqualTo(new[] { 200 }));
    }

    /// <summary>What an interrupt saves is where the thread goes on, however long that takes: by then the stub may stand for nothing.</summary>
    [Test]
    public void AnInterruptThatIsDueAtAStubIsTakenBehindIt()
    {
        using BareGuest guest = new();
        guest.SetGate(InterruptTests.DoorbellVector, BareGuest.Handlers + (InterruptTests.DoorbellVector * 16));
        guest.Assemble(Function, a =>
        {
            a.sti();
            a.ret();
        });
        guest.Boot(a =>
        {
            InterruptTests.InitialisePics(a, mask: 0xdf);
            InterruptTests.AskForTheDoorbell(a);
            a.mov(rax, Function);
            a.call(rax);
            BareGuest.PowerOff(a, 0);
        });
        guest.Machine.Console.Output += _ => guest.Machine.Doorbell.Ring();
        Listener listener = Catch(guest);

        Assert.That(guest.RunToTrap(), Is.EqualTo(InterruptTests.DoorbellVector));
        Assert.That(listener.Stubs, Is.EqualTo(new[] { 200 }));
        Assert.That(guest.Frame(0), Is.EqualTo(listener.True));
    }

    [Test]
    public void ARemovedStubIsTheGuestsOwnBreakpoint()
    {
        using BareGuest guest = Program();
        Listener listener = Catch(guest);
        Assert.That(guest.Machine.Stubs.Remove(new GuestVirtualAddress(Stubs)), Is.True);
        Assert.That(guest.Machine.Stubs.Remove(new GuestVirtualAddress(Stubs)), Is.False);
        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.Breakpoint));
        Assert.That(listener.Stubs, Is.Empty);
    }

    [Test]
    public void AListenerThatLeavesRipIsAnError()
    {
        using BareGuest guest = Program();
        Catch(guest).Goes = false;
        Assert.That(guest.Run, Throws.InvalidOperationException.With.Message.Contains("stub-not-left"));
    }

    [Test]
    public void ARangeWithoutStubsOverAnotherOrUnmappedIsRefused()
    {
        using BareGuest guest = Program();
        Listener listener = Catch(guest);
        ReturnStubs stubs = guest.Machine.Stubs;
        Assert.That(() => stubs.Add(Cr3, new(Stubs + 16), 1, listener), Throws.ArgumentException.With.Message.Contains("already"));
        Assert.That(() => stubs.Add(Cr3, new(Stubs + 0x8008), 1, listener), Throws.ArgumentException.With.Message.Contains("multiple"));
        Assert.That(() => stubs.Add(Cr3, new(Stubs + 0x8000), 1, listener), Throws.ArgumentException.With.Message.Contains("stub-code"));
        Assert.That(() => stubs.Add(Cr3, new(1UL << 45), 1, listener), Throws.ArgumentException.With.Message.Contains("stub-range"));
    }

    private static Listener Catch(BareGuest guest)
    {
        byte[] code = new byte[Count * ReturnStubs.StubSize];
        Array.Fill(code, ReturnStubs.StubCode);
        guest.Write(Stubs, code);
        Listener listener = new(guest);
        guest.Machine.Stubs.Add(Cr3, new GuestVirtualAddress(Stubs), Count, listener);
        RunToFunction(guest);
        listener.True = guest.ReadPhysical(guest.Registers.Rsp);
        guest.Write64(guest.Registers.Rsp, Stubs + (200 * ReturnStubs.StubSize));
        return listener;
    }

    private static void RunToFunction(BareGuest guest)
    {
        guest.Machine.Breakpoints.Add(new GuestVirtualAddress(Function));
        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.Breakpoint>());
        guest.Machine.Breakpoints.Remove(new GuestVirtualAddress(Function));
    }

    private static BareGuest Program()
    {
        BareGuest guest = new();
        guest.Assemble(Function, a =>
        {
            a.add(rcx, 3);
            a.ret();
        });
        guest.Boot(a =>
        {
            a.mov(rax, Function);
            a.call(rax);
            a.adc(rcx, 7);
            BareGuest.PowerOff(a, 0);
        });
        return guest;
    }

    private sealed class Listener(BareGuest guest) : IReturnStubListener
    {
        internal List<int> Stubs { get; } = [];

        internal ulong True { get; set; }

        internal bool Goes { get; set; } = true;

        public void OnReturn(Vcpu vcpu, int stub)
        {
            Assert.That(vcpu, Is.SameAs(guest.Cpu));
            Stubs.Add(stub);
            if (Goes)
            {
                vcpu.Registers = vcpu.Registers with { Rip = True };
            }
        }
    }
}
