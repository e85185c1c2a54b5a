using System.Text;
using Iced.Intel;
using Lucos.Vmm.Cpu;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Hardware interrupts, HLT, the timer and the console's interrupts.</summary>
public sealed class InterruptTests
{
    private const byte TimerVector = 0x20;
    private const byte SerialVector = 0x24;
    internal const byte DoorbellVector = 0x25;

    [Test]
    public void HltWithATimerWarpsTheClockToTheNextTick()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            InitialisePics(a, mask: 0xfe);
            StartTimer(a, 11932);
            a.sti();
            a.hlt();
            BareGuest.PowerOff(a, 3);
        });
        CountAndEnd(guest, TimerVector);

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(3)));
        Assert.Multiple(() =>
        {
            Assert.That(guest.ReadPhysical(BareGuest.Scratch), Is.EqualTo(1));
            Assert.That(guest.Machine.IdleWarps, Is.GreaterThan(0));
            Assert.That(guest.Machine.Clock.Now, Is.InRange(10_000_000, 10_100_000), "100 Hz: 10 ms");
        });
    }

    [Test]
    public void HltWithInterruptsOffIsHaltedForever()
    {
        using BareGuest guest = new();
        guest.Boot(a => a.hlt());

        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.HaltedForever>());
        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.HaltedForever>(), "asking again changes nothing");
    }

    [Test]
    public void AnInterruptThatWaitsIsTakenBehindTheInstructionThatFollowsSti()
    {
        using BareGuest guest = new();
        guest.SetGate(DoorbellVector, BareGuest.Handlers + (DoorbellVector * 16));
        guest.Boot(a =>
        {
            InitialisePics(a, mask: 0xdf);
            AskForTheDoorbell(a);
            a.xor(ebx, ebx);
            a.sti();
            a.inc(ebx);
            a.nop();
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.jmp(loop);
        });
        guest.Machine.Console.Output += _ => guest.Machine.Doorbell.Ring();

        Assert.That(guest.RunToTrap(), Is.EqualTo(DoorbellVector));
        Assert.That(guest.Registers.Rbx, Is.EqualTo(1), "the instruction in the shadow of STI has run");
        Assert.That(guest.Frame(2) & 0x200, Is.Not.Zero);
    }

    [Test]
    public void NoInterruptIsTakenWhileInterruptsAreOffOrMasked()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            InitialisePics(a, mask: 0xff);
            AskForTheDoorbell(a);
            a.sti();
            for (int i = 0; i < 50; i++)
            {
                a.nop();
            }

            a.cli();
            BareGuest.PowerOff(a, 9);
        });
        guest.Machine.Console.Output += _ => guest.Machine.Doorbell.Ring();

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(9)));
    }

    [Test]
    public void TimerTicksComeAtTheSameBlocksInEveryRun()
    {
        (ulong Ticks, ulong Blocks, ulong Now) first = CountTicks();
        Assert.That(first.Ticks, Is.GreaterThan(5));
        Assert.That(CountTicks(), Is.EqualTo(first));
    }

    [Test]
    public void ConsoleInputRaisesTheReceiveInterruptAndIsReadInOrder()
    {
        using BareGuest guest = new();
        StringBuilder output = new();
        guest.Machine.Console.Output += bytes => output.Append(Encoding.ASCII.GetString(bytes));
        guest.Handle(SerialVector, a =>
        {
            Label more = a.CreateLabel();
            Label done = a.CreateLabel();
            a.Label(ref more);
            a.mov(dx, 0x3fd);
            a.@in(al, dx);
            a.test(al, 1);
            a.jz(done);
            a.mov(dx, 0x3f8);
            a.@in(al, dx);
            a.@out(dx, al);
            a.jmp(more);
            a.Label(ref done);
            a.mov(al, 0x20);
            a.@out(0x20, al);
            a.iretq();
        });
        guest.Boot(a =>
        {
            InitialisePics(a, mask: 0xef);
            a.mov(dx, 0x3f9);
            a.mov(al, 1);
            a.@out(dx, al);
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.sti();
            a.hlt();
            a.jmp(loop);
        });

        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.HaltedForever>(), "nothing but input can wake it");
        guest.Machine.Console.Enqueue("hello"u8);
        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.HaltedForever>());
        Assert.That(output.ToString(), Is.EqualTo("hello"));
    }

    [Test]
    public void TheTransmitInterruptComesWhenItIsEnabledAndIsClearedByReadingItsIdentification()
    {
        using BareGuest guest = new();
        guest.Handle(SerialVector, a =>
        {
            a.mov(dx, 0x3fa);
            a.@in(al, dx);
            a.movzx(ebx, al);
            a.@in(al, dx);
            a.movzx(ecx, al);
            BareGuest.PowerOff(a, 5);
        });
        guest.Boot(a =>
        {
            InitialisePics(a, mask: 0xef);
            a.mov(dx, 0x3f9);
            a.mov(al, 2);
            a.@out(dx, al);
            a.sti();
            a.hlt();
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(5)));
        Assert.That(guest.Registers.Rbx & 0x0f, Is.EqualTo(2), "transmitter empty");
        Assert.That(guest.Registers.Rcx & 0x0f, Is.EqualTo(1), "nothing pending any more");
    }

    [Test]
    public void ResetThroughTheKeyboardControllerStopsTheMachine()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.mov(al, 0xfe);
            a.@out(0x64, al);
            a.hlt();
        });

        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.Reset>());
    }

    internal static void InitialisePics(Assembler a, byte mask)
    {
        Out(a, 0x20, 0x11);
        Out(a, 0x21, 0x20);
        Out(a, 0x21, 0x04);
        Out(a, 0x21, 0x01);
        Out(a, 0xa0, 0x11);
        Out(a, 0xa1, 0x28);
        Out(a, 0xa1, 0x02);
        Out(a, 0xa1, 0x01);
        Out(a, 0x21, mask);
        Out(a, 0xa1, 0xff);
    }

    internal static void StartTimer(Assembler a, ushort divisor)
    {
        Out(a, 0x43, 0x34);
        Out(a, 0x40, (byte)divisor);
        Out(a, 0x40, (byte)(divisor >> 8));
    }

    internal static void CountAndEnd(BareGuest guest, byte vector) => guest.Handle(vector, a =>
    {
        a.push(rax);
        a.inc(__qword_ptr[BareGuest.Scratch]);
        a.mov(al, 0x20);
        a.@out(0x20, al);
        a.pop(rax);
        a.iretq();
    });

    // The console's output is the sign for the host to ring.
    internal static void AskForTheDoorbell(Assembler a)
    {
        Label next = a.CreateLabel();
        a.mov(dx, 0x3f8);
        a.@out(dx, al);
        a.jmp(next);
        a.Label(ref next);
        a.nop();
    }

    private static void Out(Assembler a, byte port, byte value)
    {
        a.mov(al, value);
        a.@out(port, al);
    }

    private static (ulong Ticks, ulong Blocks, ulong Now) CountTicks()
    {
        using BareGuest guest = new();
        CountAndEnd(guest, TimerVector);
        guest.Boot(a =>
        {
            InitialisePics(a, mask: 0xfe);
            StartTimer(a, 1193);
            a.sti();
            a.mov(ecx, 1_000_000);
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.add(rbx, rcx);
            a.dec(ecx);
            a.jnz(loop);
            a.cli();
            BareGuest.PowerOff(a, 0);
        });
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        return (guest.ReadPhysical(BareGuest.Scratch), guest.Machine.Clock.Blocks, guest.Machine.Clock.Now);
    }
}
