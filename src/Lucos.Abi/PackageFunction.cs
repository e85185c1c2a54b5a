using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>One function that a package replaces.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PackageFunction : IWireStruct
{
    /// <summary>The new function: a relocation of type R_X86_64_64 stands here.</summary>
    public ulong NewFunction;

    /// <summary>Virtual address of the old function in the kernel.</summary>
    public ulong OldAddress;

    /// <summary>Bytes of the old function.</summary>
    public uint OldSize;

    /// <summary>Bytes of the new function.</summary>
    public uint NewSize;

    /// <summary>Where the old function's bytes start in the old-bytes section.</summary>
    public uint OldBytesOffset;

    /// <summary>Zero.</summary>
    public uint Flags;

    /// <summary>SHA-256 of the old function's bytes.</summary>
    public Bytes32 OldHash;

    /// <summary>Name of the old function.</summary>
    public Text64 OldName;

    /// <summary>Base name of its source file; empty when the name is unique.</summary>
    public Text64 OldFile;

    /// <inheritdoc/>
    public static string CName => "lucos_package_function";
}
