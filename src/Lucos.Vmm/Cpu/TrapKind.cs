namespace Lucos.Vmm.Cpu;

/// <summary>Where an event comes from; it decides the DPL check, the EXT bit and the double-fault rules.</summary>
public enum TrapKind
{
    /// <summary>Raised by the processor while it executed an instruction.</summary>
    Exception,

    /// <summary>INT n, INT3 or INTO.</summary>
    SoftwareInterrupt,

    /// <summary>From an interrupt controller.</summary>
    ExternalInterrupt,
}
