using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>An instance that was allocated, or is about to be freed, while an update is under way.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct InstanceChange : IVersionedStruct
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary><see cref="AbiVersion.Current"/>.</summary>
    public uint Abi;

    /// <summary>The update.</summary>
    public uint UpdateId;

    /// <summary>Index of the type.</summary>
    public uint Type;

    /// <summary>Address of the old version.</summary>
    public ulong OldAddress;

    /// <summary>Address of the new version.</summary>
    public ulong NewAddress;

    /// <inheritdoc/>
    public static string CName => "lucos_instance_change";
}
