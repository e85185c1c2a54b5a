using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>Digest of the whole package file, taken with these digest bytes as zero.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PackageSignature : IWireStruct
{
    /// <summary><see cref="PackageFormat.SignatureMagic"/>.</summary>
    public Bytes8 Magic;

    /// <summary><see cref="PackageFormat.SignatureAlgorithmSha256"/>.</summary>
    public uint Algorithm;

    /// <summary>Zero.</summary>
    public uint Pad;

    /// <summary>SHA-256 digest.</summary>
    public Bytes32 Digest;

    /// <inheritdoc/>
    public static string CName => "lucos_package_signature";
}
