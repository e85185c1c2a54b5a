using System.Security.Cryptography;
using Lucos.Abi;

namespace Lucos.Packaging;

/// <summary>The digest of a package: SHA-256 over the whole file with the digest's own bytes taken as zero.</summary>
public static class PackageDigest
{
    /// <summary>Computes the digest.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="digestOffset">Where the 32 digest bytes lie in it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The digest bytes are not inside the file.</exception>
    public static byte[] Compute(ReadOnlySpan<byte> file, int digestOffset)
    {
        const int Size = (int)UpdateLimits.DigestBytes;
        ArgumentOutOfRangeException.ThrowIfNegative(digestOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digestOffset, file.Length - Size);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(file[..digestOffset]);
        hash.AppendData(stackalloc byte[Size]);
        hash.AppendData(file[(digestOffset + Size)..]);
        return hash.GetHashAndReset();
    }
}
