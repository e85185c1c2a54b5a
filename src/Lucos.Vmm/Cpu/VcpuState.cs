namespace Lucos.Vmm.Cpu;

/// <summary>What a processor is doing.</summary>
public enum VcpuState
{
    /// <summary>It executes whenever it is its turn.</summary>
    Running,

    /// <summary>It has executed HLT and waits for an interrupt.</summary>
    Halted,

    /// <summary>It has executed HLT with interrupts off: nothing but INIT wakes it.</summary>
    HaltedForever,

    /// <summary>It has not been started yet, or has got an INIT: it waits for a start-up message.</summary>
    WaitingForStart,
}
