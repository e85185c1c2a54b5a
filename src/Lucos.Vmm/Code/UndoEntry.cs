using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Code;

/// <summary>How to take back one write of guest code.</summary>
/// <param name="Address">Virtual address of the first byte.</param>
/// <param name="Pieces">The physical places, in order of address; two when the write crosses a page.</param>
/// <param name="OldBytes">What stood there.</param>
/// <param name="NewBytes">What was written.</param>
public sealed record UndoEntry(
    GuestVirtualAddress Address,
    IReadOnlyList<CodePiece> Pieces,
    ReadOnlyMemory<byte> OldBytes,
    ReadOnlyMemory<byte> NewBytes);
