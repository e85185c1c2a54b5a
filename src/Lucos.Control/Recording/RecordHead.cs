using System.Text.Json.Serialization;

namespace Lucos.Control.Recording;

/// <summary>The first line of a record: all that a guest is made of, its kernel and initramfs included, so that a record stands alone.</summary>
public sealed record RecordHead
{
    /// <summary>The version of the format that this program writes.</summary>
    public const int CurrentVersion = 3;

    /// <summary>The oldest version that it reads: 2 is 3 without <see cref="RecordEntry.Withdrawn"/>.</summary>
    public const int OldestVersion = 2;

    /// <summary>What tells the file from others.</summary>
    public const string Kind = "lucos-record";

    /// <summary>Always <see cref="Kind"/>.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary>The version of the format.</summary>
    [JsonPropertyName("version")]
    public required int Version { get; init; }

    /// <summary>The emulator, with its version: another one may not count the same blocks.</summary>
    [JsonPropertyName("emulator")]
    public required string Emulator { get; init; }

    /// <summary>The seed.</summary>
    [JsonPropertyName("seed")]
    public required ulong Seed { get; init; }

    /// <summary>RAM in MiB.</summary>
    [JsonPropertyName("memory")]
    public required int MemoryMiB { get; init; }

    /// <summary>Processors.</summary>
    [JsonPropertyName("cpus")]
    public required int Cpus { get; init; }

    /// <summary>The kernel's command line.</summary>
    [JsonPropertyName("commandLine")]
    public required string CommandLine { get; init; }

    /// <summary>Whether it has a digest of every block, by which a replay finds the first block that differs.</summary>
    [JsonPropertyName("exact")]
    public required bool IsExact { get; init; }

    /// <summary>The kernel's image, compressed (Brotli).</summary>
    [JsonPropertyName("kernel")]
    public required byte[] Kernel { get; init; }

    /// <summary>The initramfs, compressed (Brotli).</summary>
    [JsonPropertyName("initramfs")]
    public required byte[] Initramfs { get; init; }
}
