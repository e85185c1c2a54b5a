using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>What a package is: the one struct in its manifest section.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PackageManifest : IWireStruct
{
    /// <summary><see cref="PackageFormat.PackageMagic"/>.</summary>
    public Bytes8 Magic;

    /// <summary><see cref="PackageFormat.PackageFormatVersion"/>.</summary>
    public uint FormatVersion;

    /// <summary>Bytes of this struct.</summary>
    public uint StructSize;

    /// <summary>Name of the update.</summary>
    public Text64 Name;

    /// <summary>Version of the update.</summary>
    public Text32 Version;

    /// <summary>What the update does.</summary>
    public Text256 Description;

    /// <summary>Build-id of the kernel that it was made for.</summary>
    public Bytes20 BuildId;

    /// <summary><see cref="PackageFormat.PackageFlagBuilt"/>.</summary>
    public uint Flags;

    /// <inheritdoc/>
    public static string CName => "lucos_package_manifest";
}
