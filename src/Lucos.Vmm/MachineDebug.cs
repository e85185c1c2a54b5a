using Lucos.Vmm.Cpu;

namespace Lucos.Vmm;

/// <summary>Single steps.</summary>
public sealed partial class Machine
{
    /// <summary>
    /// The processor after whose next instruction <see cref="Run"/> returns <see cref="MachineStop.Stepped"/>; null for none. Nothing else is different: the
    /// other processors have their turns, and interrupts are taken where they would be. One that waits in HLT first has to be woken. Null again
    /// after that stop.
    /// </summary>
    public Vcpu? Stepping { get; set; }

    /// <summary>Executes one instruction of a processor out of turn: no interrupt is taken, and no other processor runs.</summary>
    /// <returns><see cref="MachineStop.Stepped"/>, or what happened instead.</returns>
    /// <exception cref="InvalidOperationException">The processor waits, or is to be started: it has no next instruction.</exception>
    public MachineStop StepAlone(Vcpu vcpu)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        if (_ended is not null)
        {
            return _ended;
        }

        if (vcpu.State != VcpuState.Running)
        {
            throw new InvalidOperationException($"processor-waits: processor {vcpu.Index} is {vcpu.State} and executes nothing");
        }

        RequireRunnable();
        Vcpu interrupted = Turns.Current;
        _host.Begin(RunLimits.None);
        try
        {
            // Devices that only the running processor has (its APIC) are found through the turn.
            Turns.Lend(vcpu);
            MachineStop stop = Outcome(vcpu, vcpu.Step()) ?? new MachineStop.Stepped();
            _ended = stop.CanContinue ? null : stop;
            return stop;
        }
        finally
        {
            Turns.Lend(interrupted);
            _host.End();
        }
    }

    private MachineStop.Stepped EndStep()
    {
        Stepping = null;
        return new MachineStop.Stepped();
    }

    private void RequireRunnable()
    {
        State.RequireComplete();
        Protection.RequireComplete();
    }
}
