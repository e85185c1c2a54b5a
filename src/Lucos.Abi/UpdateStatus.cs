using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>What the Update Server knows of one update.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UpdateStatus : IVersionedStruct
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary><see cref="AbiVersion.Current"/>.</summary>
    public uint Abi;

    /// <summary>The update.</summary>
    public uint UpdateId;

    /// <summary>An <see cref="UpdateState"/>.</summary>
    public uint State;

    /// <summary>A <see cref="Abi.Refusal"/>, or zero.</summary>
    public uint Refusal;

    /// <summary>Contexts in the version that is being left, as last reported.</summary>
    public uint Activations;

    /// <summary>Functions that it replaces.</summary>
    public uint FunctionCount;

    /// <summary>Position in the stack of applied updates, 0 the oldest.</summary>
    public uint Depth;

    /// <summary>Name of the update.</summary>
    public Text64 Name;

    /// <summary>Version of the update.</summary>
    public Text32 Version;

    /// <summary>Why it was refused or aborted, or what it waits for.</summary>
    public Text128 Detail;

    /// <summary>Guest blocks for which applying it paused the guest.</summary>
    public ulong PauseBlocks;

    /// <summary>Block count when it was applied.</summary>
    public ulong AppliedAtBlock;

    /// <summary>Instances that are monitored.</summary>
    public uint Instances;

    /// <summary>Activations whose return is awaited by a stub.</summary>
    public uint Stubs;

    /// <summary>Stores to monitored pages so far.</summary>
    public ulong Intercepted;

    /// <summary>State transfers so far.</summary>
    public ulong Transfers;

    /// <summary>Stores to monitored pages that hit no instance.</summary>
    public ulong FalseSharing;

    /// <inheritdoc/>
    public static string CName => "lucos_update_status";
}
