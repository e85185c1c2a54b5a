namespace Lucos.Vmm.Time;

/// <summary>What the virtual clock is made of: a processor backend counts the code that it runs.</summary>
public interface IExecutionCounter
{
    /// <summary>Code bytes that may run before the backend looks whether something is due; may be negative.</summary>
    long Countdown { get; set; }

    /// <summary>Blocks executed; set only when a machine is restored.</summary>
    ulong Blocks { get; set; }
}
