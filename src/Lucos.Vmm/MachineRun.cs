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

        State.RequireComplete();
        Protection.RequireComplete();
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
        if (Turns.Current.Backend.IsInsideBlock)
        {
            return Outcome(Turns.Current, Turns.Current.Run());
        }

        _host.AcceptRequests();
        AdvanceDevices();
        if (_host.TakeStop() is { } requested)
        {
            return requested;
        }

        if (!Turns.Choose())
        {
            return Wait();
        }

        Vcpu vcpu = Turns.Current;
        if (HasInterrupt(vcpu) && vcpu.Backend.CanTakeInterrupt() && TakeInterrupt(vcpu) is { } shutdown)
        {
            return Report(vcpu, shutdown);
        }

        _host.Arm();
        VmExit exit = vcpu.Run();
        return Outcome(vcpu, exit);
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
        if (deadline == ulong.MaxValue || !_vcpus.Exists(vcpu => vcpu.State == VcpuState.Halted))
        {
            return new MachineStop.HaltedForever();
        }

        IdleWarps++;
        Clock.WarpTo(deadline);
        return null;
    }

    private MachineStop.TripleFault Report(Vcpu vcpu, VmExit.Shutdown shutdown) =>
        new(new ShutdownReport(shutdown.Cause, vcpu.Registers, Backtrace(vcpu)));
}
