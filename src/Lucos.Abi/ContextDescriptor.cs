using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>One saved instruction pointer that lies in a function of the update.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ContextDescriptor : IWireStruct
{
    /// <summary>Address of the eight bytes that hold the instruction pointer.</summary>
    public ulong Slot;

    /// <summary>What they hold.</summary>
    public ulong Rip;

    /// <summary>A <see cref="ContextKind"/>.</summary>
    public uint Kind;

    /// <summary>Index of the function in the descriptor's array.</summary>
    public uint Function;

    /// <summary>Thread that the context belongs to.</summary>
    public uint ThreadId;

    /// <summary>Number of the frame, 0 the innermost.</summary>
    public uint Depth;

    /// <summary>Name of the thread.</summary>
    public Text16 ThreadName;

    /// <summary>Address of the eight bytes that hold the return address of the function that the context stands in; zero when it has none.</summary>
    public ulong ReturnSlot;

    /// <summary>The return address, never that of a stub.</summary>
    public ulong ReturnAddress;

    /// <summary>Name of the wait queue that the thread sleeps in, empty when it does not.</summary>
    public Text32 WaitingOn;

    /// <inheritdoc/>
    public static string CName => "lucos_context_desc";
}
