using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>Who the Update Manager is and where the kernel that it serves lies.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ManagerInfo : IVersionedStruct
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary><see cref="AbiVersion.Current"/>.</summary>
    public uint Abi;

    /// <summary>GNU build-id of the running kernel.</summary>
    public Bytes20 BuildId;

    /// <summary>Zero.</summary>
    public uint Pad;

    /// <summary>Virtual address of the module area.</summary>
    public ulong ModuleBase;

    /// <summary>Bytes of the module area.</summary>
    public ulong ModuleSize;

    /// <summary>First virtual address of the kernel's code.</summary>
    public ulong KernelTextStart;

    /// <summary>First virtual address behind the kernel's code.</summary>
    public ulong KernelTextEnd;

    /// <summary>Virtual address of executable memory that is all INT3, aligned to 16 bytes: every 16 bytes are a return stub.</summary>
    public ulong StubArea;

    /// <summary>Bytes there.</summary>
    public ulong StubSize;

    /// <inheritdoc/>
    public static string CName => "lucos_manager_info";
}
