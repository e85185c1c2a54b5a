namespace Lucos.UpdateServer.Data;

/// <summary>The newest stores to versions of an update's instances.</summary>
internal sealed class Ledger
{
    /// <summary>Entries that are kept.</summary>
    public const int Capacity = 4096;

    private readonly LedgerEntry[] _entries = new LedgerEntry[Capacity];

    /// <summary>Entries so far, also those that are not kept any more.</summary>
    public ulong Total { get; private set; }

    /// <summary>The kept ones, oldest first.</summary>
    public IEnumerable<LedgerEntry> Entries
    {
        get
        {
            ulong kept = Math.Min(Total, Capacity);
            for (ulong i = Total - kept; i < Total; i++)
            {
                yield return _entries[i % Capacity];
            }
        }
    }

    /// <summary>Adds an entry.</summary>
    public void Add(in LedgerEntry entry) => _entries[Total++ % Capacity] = entry;

    /// <summary>The newest store to a version of an instance.</summary>
    public LedgerEntry? LastOf(ulong instance)
    {
        for (ulong i = Total; i > 0 && Total - i < Capacity; i--)
        {
            if (_entries[(i - 1) % Capacity].Instance == instance)
            {
                return _entries[(i - 1) % Capacity];
            }
        }

        return null;
    }

    /// <summary>Puts it into the state in which a snapshot holds it.</summary>
    public void Restore(ulong total, IReadOnlyList<LedgerEntry> kept)
    {
        Total = total - (ulong)kept.Count;
        foreach (LedgerEntry entry in kept)
        {
            Add(entry);
        }
    }
}
