using Lucos.Vmm.Cpu;

namespace Lucos.Vmm;

/// <summary>The run loop: runs, has exits handled, moves devices and time, delivers interrupts.</summary>
public sealed partial class Machine
{
    private MachineStop? _ended;

    /// <summary>
    /// Runs until something happens that the caller must know. Running on afterwards continues as if it had not stopped; after a stop
    /// that can't be continued the same stop is returned again.
    /// </summary>
    public MachineStop Run(RunLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (_ended is not null)
        {
            return _ended;
        }

        RequireRunnable();
        _host.Begin(limits);
        try
        {
            MachineStop? stop;
            do
            {
                stop = RunOnce();
            }
            while (stop is null);

            _ended = stop.CanContinue ? null : stop;
            return stop;
        }
        finally
        {
            _host.End();
        }
    }

    private MachineStop? RunOnce()
    {
        if (Turns.Current.IsInsideBlock && (Doorbell.IsPending || Console.HasIncoming))
        {
            // Whoever asks for something while the guest stands at an instruction means this very instruction.
            Turns.Current.Backend.LeaveBlock();
        }

        bool isInside = Turns.Current.IsInsideBlock;
        if (!isInside)
        {
            _host.AcceptRequests();
            AdvanceDevices();
        }

        if (_host.TakeStop() is { } requested)
        {
            return requested;
        }

        if (!isInside && !Turns.Choose())
        {
            return Wait();
        }

        Vcpu vcpu = Turns.Current;
        if (!vcpu.IsInsideBlock && HasInterrupt(vcpu) && vcpu.Backend.CanTakeInterrupt() && !Stubs.Contains(vcpu.Registers.Rip))
        {
            if (TakeInterrupt(vcpu) is { } shutdown)
            {
                return Report(vcpu, shutdown);
            }

            if (vcpu == Stepping)
            {
                return EndStep();
            }
        }

        _host.Arm();
        return vcpu == Stepping ? Outcome(vcpu, vcpu.Step()) ?? EndStep() : Outcome(vcpu, vcpu.Run());
    }

    private void AdvanceDevices()
    {
        ulong now = Clock.Now;
        Timer.Advance(now);
        foreach (Vcpu vcpu in _vcpus)
        {
            vcpu.Apic.Advance(now);
        }
    }

    private VmExit.Shutdown? TakeInterrupt(Vcpu vcpu)
    {
        vcpu.State = VcpuState.Running;
        byte vector = vcpu.Apic.HasInterrupt ? vcpu.Apic.Acknowledge() : Interrupts.Acknowledge();
        return vcpu.Backend.Deliver(TrapEvent.External(vector));
    }

    private MachineStop? Outcome(Vcpu vcpu, VmExit exit)
    {
        ExitOutcome outcome = _exits.Handle(vcpu, exit);
        return outcome.IsShutdown ? Report(vcpu, (VmExit.Shutdown)exit) : outcome.Stop;
    }

    // Nothing runs until the next device event, so the clock jumps there. Input and the doorbell have been looked at before.
    private MachineStop.HaltedForever? Wait()
    {
        ulong deadline = Math.Min(NextDeadline, _host.TimeLimit);
        if (deadline == ulong.MaxValue || !_vcpus.Exists(vcpu => vcpu.State == VcpuState.Halted) || IsWaitInVain())
        {
            return new MachineStop.HaltedForever();
        }

        IdleWarps++;
        Clock.WarpTo(deadline);
        return null;
    }

    // A timer that is masked fires and wakes nobody. Requests are bits that stay: once each timer has fired and still nobody runs, firing
    // again changes nothing, and without a time limit the machine would wait for ever.
    private bool IsWaitInVain()
    {
        if (Idle.Blocks != Clock.Blocks)
        {
            Idle = (Clock.Blocks, LastDeadline);
        }

        return _host.TimeLimit == ulong.MaxValue && Clock.Now >= Idle.Until;
    }

    private MachineStop.TripleFault Report(Vcpu vcpu, VmExit.Shutdown shutdown) =>
        new(new ShutdownReport(shutdown.Cause, vcpu.Registers, Backtrace(vcpu)));
}
