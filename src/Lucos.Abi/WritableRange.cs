using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>Memory that the transfers of a type may write to besides the instances: the declared scratch.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct WritableRange : IWireStruct
{
    /// <summary>First byte.</summary>
    public ulong Address;

    /// <summary>Bytes.</summary>
    public uint Length;

    /// <summary>Index of the type.</summary>
    public uint Type;

    /// <inheritdoc/>
    public static string CName => "lucos_writable_range";
}
