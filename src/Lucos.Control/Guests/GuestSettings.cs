namespace Lucos.Control.Guests;

/// <summary>What a guest is like.</summary>
public sealed record GuestSettings
{
    /// <summary>Its seed.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Its memory in MiB.</summary>
    public int MemoryMiB { get; init; } = 64;

    /// <summary>Its processors.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>What is added to the kernel's command line.</summary>
    public string Append { get; init; } = "";

    /// <summary>Files added to its initramfs, by path without a leading slash.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; init; } = new Dictionary<string, byte[]>();
}
