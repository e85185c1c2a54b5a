using System.Globalization;
using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Vmm;

/// <summary>What a machine is made of.</summary>
public sealed record MachineOptions
{
    /// <summary>Bytes of RAM: 32 MiB to 3 GiB, a multiple of 4096.</summary>
    public ulong MemoryBytes { get; init; } = GuestLayout.DefaultMemoryBytes;

    /// <summary>Processors: 1 to <see cref="Machine.MaxCpuCount"/>.</summary>
    public int CpuCount { get; init; } = 1;

    /// <summary>
    /// Goes to the guest as <c>seed=N</c>, unless the command line names one: the only source of randomness in it. The lengths of the
    /// processors' turns come from it too.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether the machine keeps digests of its last blocks (<see cref="Machine.Trail"/>); blocks cost more then.</summary>
    public bool KeepsTrail { get; init; }

    /// <summary>The kernel's command line, without <c>seed=</c>.</summary>
    public string CommandLine { get; init; } = "console=ttyS0";

    /// <summary>The kernel. Null for a bare machine that starts at physical 0x100000, for programs put there by hand.</summary>
    public KernelImage? Kernel { get; init; }

    /// <summary>The initial file system; empty for none.</summary>
    public ReadOnlyMemory<byte> Initramfs { get; init; }

    /// <summary>The command line as the guest gets it.</summary>
    public string EffectiveCommandLine =>
        CommandLine.Split(' ').Any(word => word.StartsWith("seed=", StringComparison.Ordinal))
            ? CommandLine
            : string.Create(CultureInfo.InvariantCulture, $"{CommandLine} seed={Seed}").TrimStart();
}
