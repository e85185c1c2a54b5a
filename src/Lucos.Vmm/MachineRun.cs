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
                stop = RunOnce(_vcpus[0]);
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

    private MachineStop? RunOnce(Vcpu vcpu)
    {
        _host.AcceptRequests();
        Timer.Advance(Clock.Now);
        if (_host.TakeStop() is { } requested)
        {
            return requested;
        }

        if (Interrupts.HasInterrupt && vcpu.Backend.CanTakeInterrupt())
        {
            vcpu.IsHalted = false;
            VmExit.Shutdown? shutdown = vcpu.Backend.Deliver(TrapEvent.External(Interrupts.Acknowledge()));
            if (shutdown is not null)
            {
                return Report(vcpu, shutdown);
            }
        }

        if (vcpu.IsHalted)
        {
            return Wait(vcpu);
        }

        _host.Arm();
        VmExit exit = vcpu.Run();
        return Outcome(vcpu, exit);
    }

    private MachineStop? Outcome(Vcpu vcpu, VmExit exit)
    {
        ExitOutcome outcome = _exits.Handle(vcpu, exit);
        return outcome.IsShutdown ? Report(vcpu, (VmExit.Shutdown)exit) : outcome.Stop;
    }

    // Nothing runs until the next device event, so the clock jumps there. Input and the doorbell have been looked at before.
    private MachineStop.HaltedForever? Wait(Vcpu vcpu)
    {
        const ulong interruptFlag = 1 << 9;
        ulong deadline = Math.Min(Timer.NextDeadline, _host.TimeLimit);
        if ((vcpu.Registers.Rflags & interruptFlag) == 0 || deadline == ulong.MaxValue)
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
