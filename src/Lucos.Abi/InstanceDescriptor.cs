using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>One instance of a changed data structure.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct InstanceDescriptor : IWireStruct
{
    /// <summary>Address of the old version.</summary>
    public ulong OldAddress;

    /// <summary>Address of the new version.</summary>
    public ulong NewAddress;

    /// <summary>Index of the type in the descriptor's array.</summary>
    public uint Type;

    /// <summary>Zero.</summary>
    public uint Pad;

    /// <inheritdoc/>
    public static string CName => "lucos_instance_desc";
}
