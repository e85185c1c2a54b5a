using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>What the operator asks for through the doorbell.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct OperatorRequest : IVersionedStruct
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary><see cref="AbiVersion.Current"/>.</summary>
    public uint Abi;

    /// <summary>Number of the request.</summary>
    public ulong Id;

    /// <summary>A <see cref="RequestKind"/>.</summary>
    public uint Kind;

    /// <summary>LUCOS_REQUEST_FLAG_*.</summary>
    public uint Flags;

    /// <summary>Bytes of the package to pull, zero if there is none.</summary>
    public ulong PackageSize;

    /// <summary>Name of the update, for undo and cancel.</summary>
    public Text64 Name;

    /// <inheritdoc/>
    public static string CName => "lucos_request";
}
