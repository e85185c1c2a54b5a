using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>Something that happened inside the guest, for the host's history.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct JournalEntry : IVersionedStruct
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary><see cref="AbiVersion.Current"/>.</summary>
    public uint Abi;

    /// <summary>A <see cref="JournalKind"/>.</summary>
    public uint Kind;

    /// <summary>A <see cref="Abi.Refusal"/>, or zero.</summary>
    public uint Refusal;

    /// <summary>Name of the update that it is about, or empty.</summary>
    public Text64 Name;

    /// <summary>What happened.</summary>
    public Text256 Text;

    /// <inheritdoc/>
    public static string CName => "lucos_journal_entry";
}
