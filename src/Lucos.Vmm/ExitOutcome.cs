namespace Lucos.Vmm;

/// <summary>What handling an exit came to.</summary>
/// <param name="Stop">Why the run ends, or null to go on.</param>
/// <param name="IsShutdown">Whether the processor shut down, so that a report must be made.</param>
public readonly record struct ExitOutcome(MachineStop? Stop, bool IsShutdown)
{
    /// <summary>Run on.</summary>
    public static ExitOutcome Continue => default;

    /// <summary>The processor shut down.</summary>
    public static ExitOutcome Shutdown => new(null, true);

    /// <summary>End the run.</summary>
    public static ExitOutcome StopWith(MachineStop stop) => new(stop, false);
}
