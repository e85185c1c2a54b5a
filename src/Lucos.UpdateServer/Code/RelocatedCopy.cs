namespace Lucos.UpdateServer.Code;

/// <summary>Displaced instructions at their new place, with the jump back behind them.</summary>
/// <param name="Source">Entry of the function that they were displaced from.</param>
/// <param name="Address">Where the copy goes.</param>
/// <param name="Code">Its bytes.</param>
/// <param name="Boundaries">Address of each instruction's original, and of its copy, in order; the last pair is the first instruction left whole, and the jump to it.</param>
public sealed record RelocatedCopy(
    ulong Source,
    ulong Address,
    byte[] Code,
    IReadOnlyList<(ulong Original, ulong Copy)> Boundaries)
{
    /// <summary>The copy's instruction for an original one.</summary>
    /// <returns>False if no instruction starts at <paramref name="original"/>.</returns>
    public bool TryMapForward(ulong original, out ulong copy)
    {
        foreach ((ulong from, ulong to) in Boundaries)
        {
            if (from == original)
            {
                copy = to;
                return true;
            }
        }

        copy = 0;
        return false;
    }

    /// <summary>The original instruction for one of the copy.</summary>
    /// <returns>False if <paramref name="copy"/> is not where the copy of an instruction starts.</returns>
    public bool TryMapBack(ulong copy, out ulong original)
    {
        foreach ((ulong from, ulong to) in Boundaries)
        {
            if (to == copy)
            {
                original = from;
                return true;
            }
        }

        original = 0;
        return false;
    }

    /// <summary>Whether an address lies in the copy.</summary>
    public bool Contains(ulong address) => address >= Address && address - Address < (ulong)Code.Length;
}
