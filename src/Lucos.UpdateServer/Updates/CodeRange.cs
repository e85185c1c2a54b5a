using Lucos.Abi;

namespace Lucos.UpdateServer.Updates;

/// <summary>A range of guest-virtual addresses that was checked not to wrap around.</summary>
/// <param name="Start">First address.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct CodeRange(ulong Start, ulong Length)
{
    /// <summary>First address behind it.</summary>
    public ulong End => Start + Length;

    /// <summary>Whether a whole range lies in this one. Neither may wrap around in the caller's arithmetic: hostile values are fine.</summary>
    public bool Contains(ulong start, ulong length) =>
        start >= Start && start - Start <= Length && length <= Length - (start - Start);

    /// <summary>Whether they share a byte.</summary>
    public bool Overlaps(CodeRange other) => Start < other.End && other.Start < End;

    /// <summary>
    /// Whether somebody with this instruction pointer runs code of the range. A return address may lie one behind the last byte: a
    /// call that never returns can be the last instruction.
    /// </summary>
    public bool Runs(ulong rip, ContextKind kind) =>
        rip >= Start && (rip < End || (rip == End && kind == ContextKind.ReturnAddress));
}
