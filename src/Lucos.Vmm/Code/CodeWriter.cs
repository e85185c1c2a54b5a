using System.Diagnostics;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Code;

/// <summary>
/// The one way to write guest code: takes the undo entry before it acts, writes through physical memory whatever the guest's page
/// tables say, and drops translated code on every processor, without which the old code would go on running.
/// Only while the machine stands still: in a hypercall handler or outside of <see cref="Machine.Run"/>.
/// </summary>
public sealed class CodeWriter
{
    private readonly GuestMemory _memory;
    private readonly IReadOnlyList<Vcpu> _vcpus;

    internal CodeWriter(GuestMemory memory, IReadOnlyList<Vcpu> vcpus)
    {
        _memory = memory;
        _vcpus = vcpus;
    }

    /// <summary>Ticks of <see cref="Stopwatch"/> spent on dropping translated code so far: for measurements, never for the guest.</summary>
    public long InvalidationTicks { get; private set; }

    /// <summary>Writes code at a virtual address of the address space that processor 0 is in.</summary>
    /// <exception cref="CodeWriteException">A byte is not mapped; nothing was written.</exception>
    public UndoEntry Write(GuestVirtualAddress address, ReadOnlySpan<byte> code) => Write(_vcpus[0].Registers.Cr3, address, code);

    /// <summary>Writes code at a virtual address of a given address space.</summary>
    /// <param name="cr3">Root of the page tables.</param>
    /// <param name="address">First byte.</param>
    /// <param name="code">What to write.</param>
    /// <exception cref="CodeWriteException">A byte is not mapped; nothing was written.</exception>
    public UndoEntry Write(ulong cr3, GuestVirtualAddress address, ReadOnlySpan<byte> code)
    {
        List<CodePiece> pieces = Locate(cr3, address, code.Length);
        byte[] old = new byte[code.Length];
        int at = 0;
        foreach (CodePiece piece in pieces)
        {
            _memory.Read(piece.Address, old.AsSpan(at, piece.Length));
            at += piece.Length;
        }

        UndoEntry entry = new(address, pieces, old, code.ToArray());
        Store(pieces, code);
        return entry;
    }

    /// <summary>Puts back what stood there before a write, at the same physical place.</summary>
    /// <exception cref="CodeWriteException">What stands there now is not what that write left: a later one must be undone first.</exception>
    public void Undo(UndoEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        int at = 0;
        foreach (CodePiece piece in entry.Pieces)
        {
            if (!_memory.Span(piece.Address, piece.Length).SequenceEqual(entry.NewBytes.Span.Slice(at, piece.Length)))
            {
                throw new CodeWriteException($"code-changed-since: the code at {entry.Address} is not what this write left; undo the later write first");
            }

            at += piece.Length;
        }

        Store(entry.Pieces, entry.OldBytes.Span);
    }

    private List<CodePiece> Locate(ulong cr3, GuestVirtualAddress address, int length)
    {
        AddressSpaceWalker walker = new(_memory);
        List<CodePiece> pieces = [];
        for (int left = length; left > 0;)
        {
            if (!walker.TryTranslate(cr3, address, PageAccess.Read, out Translation translation, out WalkFault fault))
            {
                throw new CodeWriteException($"code-not-mapped: {fault}");
            }

            int piece = (int)Math.Min((ulong)left, translation.BytesLeftInPage);
            if (!_memory.Contains(translation.Address, (ulong)piece))
            {
                throw new CodeWriteException($"code-not-mapped: {address} lies outside of RAM");
            }

            pieces.Add(new CodePiece(translation.Address, piece));
            left -= piece;
            address = new GuestVirtualAddress(unchecked(address.Value + (ulong)piece));
        }

        return pieces;
    }

    private void Store(IReadOnlyList<CodePiece> pieces, ReadOnlySpan<byte> bytes)
    {
        foreach (CodePiece piece in pieces)
        {
            _memory.Write(piece.Address, bytes[..piece.Length]);
            bytes = bytes[piece.Length..];
        }

        long start = Stopwatch.GetTimestamp();
        _memory.CodeFrames.DropStale();
        InvalidationTicks += Stopwatch.GetTimestamp() - start;
    }
}
