using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lucos.Abi;

namespace Lucos.Control.Recording;

/// <summary>One line of a record behind its head. A closed hierarchy; bytes are base64 in the file.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(Typed), "typed")]
[JsonDerivedType(typeof(Submitted), "submitted")]
[JsonDerivedType(typeof(Breakpoint), "breakpoint")]
[JsonDerivedType(typeof(Mark), "mark")]
[JsonDerivedType(typeof(Memory), "memory")]
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
