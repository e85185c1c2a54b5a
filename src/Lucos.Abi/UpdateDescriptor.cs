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

    /// <summary>LUCOS_UPDATE_FLAG_*.</summary>
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

    /// <summary>Address of an array of <see cref="TypeDescriptor"/>.</summary>
    public ulong Types;

    /// <summary>Address of an array of <see cref="InstanceDescriptor"/>.</summary>
    public ulong Instances;

    /// <summary>Entries of the type array.</summary>
    public uint TypeCount;

    /// <summary>Entries of the instance array.</summary>
    public uint InstanceCount;

    /// <summary>Lowest address of the stack that state transfers run on: whole pages that nothing else lies in.</summary>
    public ulong Stack;

    /// <summary>Bytes there.</summary>
    public ulong StackSize;

    /// <summary>Address of memory that a checked transfer goes to and fro in: as large as the largest version of any type.</summary>
    public ulong Scratch;

    /// <summary>Bytes there.</summary>
    public ulong ScratchSize;

    /// <summary>Address of an array of <see cref="WritableRange"/>.</summary>
    public ulong Ranges;

    /// <summary>Entries there.</summary>
    public uint RangeCount;

    /// <summary>Zero.</summary>
    public uint RangePad;

    /// <inheritdoc/>
    public static string CName => "lucos_update_desc";
}
