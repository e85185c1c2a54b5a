using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>A field of a type's old version that no transfer may lose.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PackageField : IWireStruct
{
    /// <summary>The <see cref="PackageType"/>: a relocation of type R_X86_64_64 stands here.</summary>
    public ulong Type;

    /// <summary>First byte of the field in the old version.</summary>
    public uint Offset;

    /// <summary>Bytes of the field.</summary>
    public uint Size;

    /// <inheritdoc/>
    public static string CName => "lucos_package_field";
}
