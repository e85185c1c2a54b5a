using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>One function that an update replaces.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FunctionDescriptor : IWireStruct
{
    /// <summary>Virtual address of the booted kernel's function.</summary>
    public ulong OldAddress;

    /// <summary>Virtual address of its replacement in the module.</summary>
    public ulong NewAddress;

    /// <summary>Address of the expected bytes of the whole old function.</summary>
    public ulong OldBytes;

    /// <summary>Bytes of the old function.</summary>
    public uint OldSize;

    /// <summary>Bytes of the new function.</summary>
    public uint NewSize;

    /// <summary>Name of the old function.</summary>
    public Text64 Name;

    /// <summary>SHA-256 of the old function's bytes.</summary>
    public Bytes32 OldHash;

    /// <summary>How many contexts stand in the version that is being left.</summary>
    public uint Activations;

    /// <summary>Bit i: neither its old nor its new version touches instances of type i.</summary>
    public uint UntouchedTypes;

    /// <inheritdoc/>
    public static string CName => "lucos_function_desc";
}
