using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>Who still runs the version that an update leaves.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ActivationReport : IVersionedStruct
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary><see cref="AbiVersion.Current"/>.</summary>
    public uint Abi;

    /// <summary>The update.</summary>
    public uint UpdateId;

    /// <summary>Entries of the context array.</summary>
    public uint ContextCount;

    /// <summary>Address of an array of <see cref="ContextDescriptor"/>.</summary>
    public ulong Contexts;

    /// <summary>0: the contexts stand in old code; 1: in new code.</summary>
    public ulong OldOrNew;

    /// <inheritdoc/>
    public static string CName => "lucos_activation_report";
}
