namespace Lucos.Bench.Machines;

/// <summary>What a machine under measurement is like.</summary>
/// <param name="MemoryMiB">Its RAM.</param>
/// <param name="Cpus">Its processors.</param>
/// <param name="UpdateServer">On Lucos: whether an Update Server is attached, so that the guest's Update Manager registers.</param>
public sealed record MachineSettings(int MemoryMiB = 64, int Cpus = 1, bool UpdateServer = true)
{
    /// <summary>The kernel's command line, the same everywhere.</summary>
    public const string CommandLine = "console=ttyS0 seed=1";
}
