namespace Lucos.UpdateServer.Data;

/// <summary>The declared scratch of a type: what its transfers may store to besides their target and their stack, while an update is applied or rolled back.</summary>
public sealed class ScratchRanges
{
    private readonly ScratchJournal _journal;
    private readonly ulong[] _starts;
    private readonly ulong[] _ends;

    internal ScratchRanges(ScratchJournal journal, IEnumerable<PhysicalPiece> pieces)
    {
        _journal = journal;
        (_starts, _ends) = Merge(pieces);
    }

    /// <summary>Whether a store may be made. Where it may, the bytes that it will cover are kept, to be put back if something fails.</summary>
    /// <param name="physical">Guest-physical address.</param>
    /// <param name="size">Bytes, all in one page.</param>
    public bool Allows(ulong physical, int size)
    {
        int index = Array.BinarySearch(_starts, physical);
        index = index < 0 ? ~index - 1 : index;
        if (index < 0 || physical >= _ends[index] || (ulong)size > _ends[index] - physical)
        {
            return false;
        }

        _journal.Keep(physical, size);
        return true;
    }

    // Objects that lie next to each other are one range, so that none is searched for twice.
    private static (ulong[] Starts, ulong[] Ends) Merge(IEnumerable<PhysicalPiece> pieces)
    {
        List<ulong> starts = [];
        List<ulong> ends = [];
        foreach (PhysicalPiece piece in pieces.OrderBy(piece => piece.Physical))
        {
            ulong end = piece.Physical + (ulong)piece.Length;
            if (ends.Count > 0 && piece.Physical <= ends[^1])
            {
                ends[^1] = Math.Max(ends[^1], end);
                continue;
            }

            starts.Add(piece.Physical);
            ends.Add(end);
        }

        return ([.. starts], [.. ends]);
    }
}
