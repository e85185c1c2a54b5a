using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lucos.Abi;

namespace Lucos.Control.Recording;

/// <summary>One line of a record behind its head. A closed hierarchy; bytes are base64 in the file.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(Typed), "typed")]
[JsonDerivedType(typeof(Submitted), "submitted")]
[JsonDerivedType(typeof(Withdrawn), "withdrawn")]
[JsonDerivedType(typeof(Breakpoint), "breakpoint")]
[JsonDerivedType(typeof(Mark), "mark")]
[JsonDerivedType(typeof(Memory), "memory")]
[JsonDerivedType(typeof(Trail), "trail")]
[JsonDerivedType(typeof(Ended), "ended")]
public abstract record RecordEntry
{
    private RecordEntry()
    {
    }

    /// <summary>Where in the run.</summary>
    [JsonPropertyName("at")]
    public required RecordPosition At { get; init; }

    /// <summary>Something was typed on the console.</summary>
    public sealed record Typed : RecordEntry
    {
        /// <summary>What.</summary>
        [JsonPropertyName("bytes")]
        public required byte[] Bytes { get; init; }
    }

    /// <summary>A request was handed to the Update Manager, with its doorbell.</summary>
    public sealed record Submitted : RecordEntry
    {
        /// <summary>What is asked.</summary>
        [JsonPropertyName("request")]
        public required RequestKind Request { get; init; }

        /// <summary>Name of the update or package.</summary>
        [JsonPropertyName("name")]
        public required string Name { get; init; }

        /// <summary>The package; empty for undo and cancel.</summary>
        [JsonPropertyName("package")]
        public required byte[] Package { get; init; }

        /// <summary>Whether the coherence ledger was asked for; left out when not.</summary>
        [JsonPropertyName("verifyCoherence")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public bool VerifyCoherence { get; init; }
    }

    /// <summary>A request was taken back before the Update Manager had taken it.</summary>
    public sealed record Withdrawn : RecordEntry
    {
        /// <summary>The request's number: requests are numbered from 1 in the order of their submission.</summary>
        [JsonPropertyName("request")]
        public required ulong Request { get; init; }
    }

    /// <summary>A breakpoint was set or taken away.</summary>
    public sealed record Breakpoint : RecordEntry
    {
        /// <summary>Guest-virtual address.</summary>
        [JsonPropertyName("address")]
        public required ulong Address { get; init; }

        /// <summary>Whether it was set.</summary>
        [JsonPropertyName("set")]
        public required bool IsSet { get; init; }
    }

    /// <summary>A check of processors and devices.</summary>
    public sealed record Mark : RecordEntry
    {
        /// <summary>XXH3-64 of all registers and of the devices' state.</summary>
        [JsonPropertyName("hash")]
        public required ulong Hash { get; init; }
    }

    /// <summary>A check of RAM: the pages whose content is another than at the check before.</summary>
    public sealed record Memory : RecordEntry
    {
        /// <summary>Page numbers, ascending.</summary>
        [JsonPropertyName("pages")]
        public required IReadOnlyList<uint> Pages { get; init; }

        /// <summary>XXH3-64 of each of these pages; 0 for a page of zeros.</summary>
        [JsonPropertyName("hashes")]
        public required IReadOnlyList<ulong> Hashes { get; init; }

        /// <summary>In an exact record: for each of these pages the hashes of its granules (<see cref="PageGranules"/>). Else null.</summary>
        [JsonPropertyName("granules")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public byte[]? Granules { get; init; }
    }

    /// <summary>Digests of all blocks since the entry of this kind before; only in exact records.</summary>
    public sealed record Trail : RecordEntry
    {
        /// <summary>Most blocks of one entry.</summary>
        public const int MostBlocks = 1 << 16;

        /// <summary>Number of the first block, counted from 1; the last one is that of <see cref="RecordEntry.At"/>.</summary>
        [JsonPropertyName("first")]
        public required ulong First { get; init; }

        /// <summary>Two bytes for each block, little-endian.</summary>
        [JsonPropertyName("digests")]
        public required byte[] Digests { get; init; }

        /// <summary>Numbers of blocks with which another processor began to run, ascending; the first may lie before <see cref="First"/>.</summary>
        [JsonPropertyName("turns")]
        public required IReadOnlyList<ulong> Turns { get; init; }

        /// <summary>Which processor it was, for each of them.</summary>
        [JsonPropertyName("cpus")]
        public required IReadOnlyList<int> Cpus { get; init; }

        /// <summary>How many blocks it tells of.</summary>
        [JsonIgnore]
        public int Count => Digests.Length / sizeof(ushort);

        /// <summary>Which processor ran a block; null when that is not known.</summary>
        /// <param name="block">Number of the block.</param>
        public int? CpuOf(ulong block)
        {
            var at = Turns.Count - 1;
            while (at >= 0 && Turns[at] > block)
            {
                at--;
            }

            return at < 0 ? null : Cpus[at];
        }
    }

    /// <summary>The recording ended.</summary>
    public sealed record Ended : RecordEntry
    {
        /// <summary>How the guest stood: its last stop, such as <c>PoweredOff 0</c>.</summary>
        [JsonPropertyName("reason")]
        public required string Reason { get; init; }

        /// <summary>SHA-256 of the lines before and of this one without its digest, in hexadecimal.</summary>
        [JsonPropertyName("sha256")]
        public required string Sha256 { get; init; }

        /// <summary>This entry with its digest.</summary>
        /// <param name="before">SHA-256 of the lines before.</param>
        internal Ended Sealed(string before)
        {
            var line = JsonSerializer.SerializeToUtf8Bytes<RecordEntry>(this with { Sha256 = before }, RecordLines.Options);
            return this with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(line)) };
        }
    }
}
