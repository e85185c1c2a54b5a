using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>A range of the old version whose value survives a transfer to the new one and back.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FieldDescriptor : IWireStruct
{
    /// <summary>First byte.</summary>
    public uint Offset;

    /// <summary>Bytes.</summary>
    public uint Size;

    /// <inheritdoc/>
    public static string CName => "lucos_field_desc";
}
