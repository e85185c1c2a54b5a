using Iced.Intel;
using Lucos.Vmm.Cpu;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Guests that never get anywhere, with interrupts off or without a single block: every limit and every stop still reaches them.</summary>
[CancelAfter(60_000)]
public sealed class EndlessTests
{
    private const ulong Budget = 5000;
    private const ulong Nowhere = 1UL << 38;
    private const byte TimerVector = 0x61;

    /// <summary>A way to spin for ever.</summary>
    public enum Treadmill
    {
        /// <summary>A jump to itself with interrupts off.</summary>
        Jump,

        /// <summary>A fault whose handler returns to it.</summary>
        FaultAndReturn,

        /// <summary>A page-fault handler that can't be fetched, on a stack of its own: not one block runs.</summary>
        HandlerNowhere,

        /// <summary>A timer that fires all the time.</summary>
        InterruptStorm,
    }

    [Test]
    public void ABlockBudgetEndsItExactly([Values] Treadmill kind)
    {
        using BareGuest guest = Spinning(kind);
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(Budget)), Is.InstanceOf<MachineStop.Limit>());
        Assert.That(guest.Machine.Clock.Blocks, Is.EqualTo(Budget));
    }

    [Test]
    public void ATimeLimitEndsIt([Values] Treadmill kind)
    {
        using BareGuest guest = Spinning(kind);
        Assert.That(guest.Machine.Run(RunLimits.ForNanoseconds(1_000_000)), Is.InstanceOf<MachineStop.Limit>());
        Assert.That(guest.Machine.Clock.Now, Is.InRange(1_000_000, 1_100_000));
    }

    [Test]
    public async Task AnotherThreadStopsIt([Values] Treadmill kind, CancellationToken cancel)
    {
        using BareGuest guest = Spinning(kind);
        TaskCompletionSource spinning = new(TaskCreationOptions.RunContinuationsAsynchronously);
        guest.Machine.Console.Output += _ => spinning.TrySetResult();
        Task<MachineStop> run = Task.Run(() => guest.Machine.Run(RunLimits.None), cancel);
        await spinning.Task.WaitAsync(cancel);
        guest.Machine.RequestStop();
        Assert.That(await run.WaitAsync(cancel), Is.InstanceOf<MachineStop.StopRequested>());
    }

    [Test]
    public void InPiecesItGoesTheSameWayAndAForkGoesOnFromAnyOfThem([Values] Treadmill kind)
    {
        using BareGuest whole = Spinning(kind);
        using BareGuest pieces = Spinning(kind);
        whole.Machine.Run(RunLimits.ForBlocks(Budget));
        Machine last = pieces.Machine;
        List<Machine> forks = [];
        for (ulong at = 0; at < Budget; at += 1000)
        {
            last.Run(RunLimits.ForBlocks(1000));
            last = last.Fork();
            forks.Add(last);
        }

        Assert.That((last.Clock.Blocks, last.Clock.Now, last.HashMemory()), Is.EqualTo((whole.Machine.Clock.Blocks, whole.Machine.Clock.Now, whole.Machine.HashMemory())));
        Assert.That(last.Vcpus[0].Registers, Is.EqualTo(whole.Registers));
        forks.ForEach(fork => fork.Dispose());
    }

    [TestCase(0xff, 0x10000u | TimerVector, TestName = "MaskedTimersLeaveItHaltedForever(8259 and APIC)")]
    [TestCase(0xff, 0x30000u | TimerVector, TestName = "MaskedTimersLeaveItHaltedForever(8259 and periodic APIC)")]
    public void MaskedTimersLeaveItHaltedForever(int mask, uint entry)
    {
        using BareGuest guest = Waiting(mask, entry);
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(Budget)), Is.InstanceOf<MachineStop.HaltedForever>());
        Assert.That(guest.Machine.IdleWarps, Is.LessThan(100_000), "a timer of 1 ms against one of 1 us");
        Assert.That(guest.Machine.Run(RunLimits.ForNanoseconds(1_000_000)), Is.InstanceOf<MachineStop.Limit>(), "time passes for who asks for it");
    }

    /// <summary>A walk through tables that are not there reads all ones; the processor ends in a way that is told.</summary>
    [TestCase(0x7f00_0000UL)]
    [TestCase(0x3_0000_0000UL)]
    [TestCase(0x300_0000_0000UL)]
    [TestCase(0x3_0000_0000_0000UL)]
    public async Task PageTablesWhereNoMemoryIsEndIt(ulong tables, CancellationToken cancel)
    {
        BareGuest guest = new();
        guest.Boot(a =>
        {
            a.mov(rax, tables);
            a.mov(cr3, rax);
            Label self = a.CreateLabel();
            a.Label(ref self);
            a.jmp(self);
        });
        MachineStop stop = await Task.Run(() => guest.Machine.Run(new RunLimits(Budget, 1_000_000)), cancel).WaitAsync(cancel);
        Assert.That(stop, Is.InstanceOf<MachineStop.TripleFault>().Or.InstanceOf<MachineStop.Limit>());
        guest.Dispose();
    }

    [Test]
    public void OneOpenTimerOfSeveralWakesIt()
    {
        using BareGuest guest = Waiting(0xff, TimerVector);
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(Budget)), Is.EqualTo(new MachineStop.PowerOff(BareGuest.TrapBase + TimerVector)));
    }

    [TestCase(70_000, true)]
    [TestCase(60_000, false)]
    public void CodeThatRunsAtEverMoreAddressesIsNotRememberedForEver(int addresses, bool dropped)
    {
        using BareGuest guest = new();
        const int entries = 512;
        const ulong table = BareGuest.PageTables + 0x1000;
        ulong start = guest.MapSmall(0, BareGuest.UserCode, 7);
        for (int page = 0; page < addresses; page++)
        {
            guest.Write64(table + ((ulong)page * 8), BareGuest.UserCode | 7);
            guest.Write64(BareGuest.PageTables + ((ulong)(page / entries) * 8), (table + ((ulong)(page / entries) * 0x1000)) | 7);
        }

        guest.Assemble(BareGuest.UserCode, a => a.ret());
        guest.Boot(a =>
        {
            a.mov(rbx, start);
            a.mov(ecx, (uint)addresses);
            Label next = a.CreateLabel();
            a.Label(ref next);
            a.call(rbx);
            a.add(rbx, 4096);
            a.dec(ecx);
            a.jnz(next);
            BareGuest.PowerOff(a, 5);
        });

        MachineStop stop;
        do
        {
            stop = guest.Machine.Run(RunLimits.ForBlocks(1000));
        }
        while (stop is MachineStop.Limit);
        Assert.That(stop, Is.EqualTo(new MachineStop.PowerOff(5)));
        Assert.That(guest.Machine.Memory.CodeFrames.AllDropped, dropped ? Is.EqualTo(1UL) : Is.Zero);
    }

    // The 8254 ticks every millisecond, the APIC's timer every microsecond, and the processor halts with interrupts on.
    private static BareGuest Waiting(int mask, uint entry)
    {
        BareGuest guest = new();
        guest.Boot(a =>
        {
            a.mov(al, (sbyte)mask);
            a.@out(0x21, al);
            a.@out(0xa1, al);
            a.mov(al, 0x34);
            a.@out(0x43, al);
            a.mov(al, 0xa9 - 256);
            a.@out(0x40, al);
            a.mov(al, 0x04);
            a.@out(0x40, al);
            a.mov(edi, (uint)SmpGuest.Apic);
            a.mov(__dword_ptr[rdi + 0xf0], 0x1ff);
            a.mov(__dword_ptr[rdi + 0x3e0], 0xb);
            a.mov(__dword_ptr[rdi + 0x320], entry);
            a.mov(__dword_ptr[rdi + 0x380], 1000);
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.sti();
            a.hlt();
            a.jmp(again);
        });
        return guest;
    }

    // Each writes a byte to its console when it begins to spin.
    private static BareGuest Spinning(Treadmill kind)
    {
        BareGuest guest = new();
        switch (kind)
        {
            case Treadmill.FaultAndReturn:
                guest.Handle(ExceptionVector.InvalidOpcode, a => a.iretq());
                break;
            case Treadmill.HandlerNowhere:
                guest.SetGate(ExceptionVector.PageFault, Nowhere, ist: 1);
                break;
            case Treadmill.InterruptStorm:
                guest.Handle(TimerVector, a =>
                {
                    a.mov(__dword_ptr[rdi + 0xb0], 0);
                    a.iretq();
                });
                break;
        }

        guest.Boot(a =>
        {
            a.mov(edi, (uint)SmpGuest.Apic);
            a.mov(edx, 0x3f8);
            a.mov(al, 0x21);
            a.@out(dx, al);
            Spin(a, kind);
        });
        return guest;
    }

    private static void Spin(Assembler a, Treadmill kind)
    {
        Label again = a.CreateLabel();
        switch (kind)
        {
            case Treadmill.FaultAndReturn:
                a.ud2();
                return;
            case Treadmill.HandlerNowhere:
                a.mov(rax, Nowhere);
                a.jmp(rax);
                return;
            case Treadmill.InterruptStorm:
                a.mov(__dword_ptr[rdi + 0xf0], 0x1ff);
                a.mov(__dword_ptr[rdi + 0x3e0], 0xb);
                a.mov(__dword_ptr[rdi + 0x320], 0x20000u | TimerVector);
                a.mov(__dword_ptr[rdi + 0x380], 1);
                a.sti();
                break;
        }

        a.Label(ref again);
        a.jmp(again);
    }
}
