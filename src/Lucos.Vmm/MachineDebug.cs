using Lucos.Vmm.Cpu;

namespace Lucos.Vmm;

/// <summary>What a debugger needs beyond breakpoints.</summary>
public sealed partial class Machine
{
    private Vcpu? _awaited;

    /// <summary>
    /// Executes one instruction of a processor. No interrupt is taken, and no other processor runs. A processor that waits in HLT has no
    /// next instruction: see <see cref="AwaitWake"/>.
    /// </summary>
    /// <returns><see cref="MachineStop.Stepped"/>, or what happened instead.</returns>
    /// <exception cref="InvalidOperationException">The processor waits.</exception>
    public MachineStop Step(Vcpu vcpu)
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
            MachineStop? stop = Outcome(vcpu, vcpu.Step()) ?? _host.TakeDeviceStop() ?? new MachineStop.Stepped();
            _ended = stop.CanContinue ? null : stop;
            return stop;
        }
        finally
        {
            Turns.Lend(interrupted);
            _host.End();
        }
    }

    /// <summary>Has <see cref="Run"/> return <see cref="MachineStop.Woken"/> once a waiting processor has taken the interrupt that wakes it; null for none.</summary>
    public void AwaitWake(Vcpu? vcpu) => _awaited = vcpu;

    /// <summary>The processor that is awaited.</summary>
    public Vcpu? Awaited => _awaited;

    private MachineStop.Woken? TakeWake(Vcpu vcpu)
    {
        if (vcpu != _awaited)
        {
            return null;
        }

        _awaited = null;
        return new MachineStop.Woken(vcpu.Index);
    }

    private void RequireRunnable()
    {
        State.RequireComplete();
        Protection.RequireComplete();
    }
}
