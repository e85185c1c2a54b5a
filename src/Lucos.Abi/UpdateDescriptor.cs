using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>One update, as the Update Manager hands it to the Update Server to apply or to roll back.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UpdateDescriptor : IVersionedStruct
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary><see cref="AbiVersion.Current"/>.</summary>
    public uint Abi;

    /// <summary>Zero to apply; the id that applying returned to roll back.</summary>
    public uint UpdateId;

    /// <summary>Zero.</summary>
    public uint Flags;

    /// <summary>Name of the update.</summary>
    public Text64 Name;

    /// <summary>Version of the update.</summary>
    public Text32 Version;

    /// <summary>SHA-256 digest of the package.</summary>
    public Bytes32 Digest;

    /// <summary>Build-id of the kernel that the package was made for.</summary>
    public Bytes20 BuildId;

    /// <summary>Entries of the function array.</summary>
    public uint FunctionCount;

    /// <summary>Entries of the context array.</summary>
    public uint ContextCount;

    /// <summary>Zero.</summary>
    public uint Pad;

    /// <summary>Address of an array of <see cref="FunctionDescriptor"/>.</summary>
    public ulong Functions;

    /// <summary>Address of an array of <see cref="ContextDescriptor"/>.</summary>
    public ulong Contexts;

    /// <summary>Virtual address of the loaded module.</summary>
    public ulong ModuleBase;

    /// <summary>Bytes of the loaded module.</summary>
    public ulong ModuleSize;

    /// <summary>Virtual address of executable module memory for displaced instructions.</summary>
    public ulong RelocationArea;

    /// <summary>Bytes there: <see cref="UpdateLimits.RelocationBytesPerFunction"/> for each function.</summary>
    public ulong RelocationSize;

    /// <summary>The operator's request that this answers; zero from inside the guest.</summary>
    public ulong RequestId;

    /// <inheritdoc/>
    public static string CName => "lucos_update_desc";
}
