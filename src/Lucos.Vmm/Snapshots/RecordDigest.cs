using System.Security.Cryptography;

namespace Lucos.Vmm.Snapshots;

/// <summary>The checksum of a record: over its header but for the checksum itself, and what is stored.</summary>
internal static class RecordDigest
{
    internal static byte[] Compute(ReadOnlySpan<byte> header, ReadOnlySpan<byte> stored)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header[..^SnapshotFormat.DigestLength]);
        hash.AppendData(stored);
        return hash.GetHashAndReset();
    }
}
