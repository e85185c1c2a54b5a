using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>Something that happened to an update, for the Update Manager.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UpdateEvent : IWireStruct
{
    /// <summary>An <see cref="UpdateEventKind"/>.</summary>
    public uint Kind;

    /// <summary>Index of the function, for the first two kinds; of the type for <see cref="UpdateEventKind.TypeLeft"/>.</summary>
    public uint Function;

    /// <summary>The thread that left, for the first kind.</summary>
    public uint ThreadId;

    /// <summary>Zero.</summary>
    public uint Pad;

    /// <summary>Block count when it happened.</summary>
    public ulong Block;

    /// <summary>Name of the thread.</summary>
    public Text16 ThreadName;

    /// <inheritdoc/>
    public static string CName => "lucos_event";
}
