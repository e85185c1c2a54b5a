using Lucos.Abi;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Journal;

/// <summary>The newest records, and the way of all records to the sink.</summary>
internal sealed class JournalRing(IJournal sink)
{
    private const int Capacity = 1024;

    // A guest that hammers hypercalls must not fill the host's disk; the count of what was left out is kept.
    private const int MaxRefusalsInARow = 256;

    private readonly Queue<JournalRecord> _records = new();
    private long _sequence;
    private int _refusalsInARow;

    /// <summary>Refusals that were counted and not recorded.</summary>
    public long Suppressed { get; private set; }

    /// <summary>The newest records, oldest first.</summary>
    public IReadOnlyList<JournalRecord> Records => [.. _records];

    /// <summary>Records an event about an update.</summary>
    public void About(LiveUpdate update, string what, ulong block, double pauseMicroseconds = 0) => Add(new JournalRecord(
        0, block, what, update.Id, update.Name, update.Version, update.State, update.Refusal, update.Detail, update.RequestId, pauseMicroseconds));

    /// <summary>Records an event that is about no update in the books.</summary>
    public void Note(string what, ulong block, string name = "", Refusal refusal = Refusal.None, string detail = "", ulong requestId = 0) =>
        Add(new JournalRecord(0, block, what, 0, name, "", UpdateState.None, refusal, detail, requestId, 0));

    private void Add(JournalRecord record)
    {
        _refusalsInARow = record.Refusal == Refusal.None ? 0 : _refusalsInARow + 1;
        if (_refusalsInARow > MaxRefusalsInARow)
        {
            Suppressed++;
            return;
        }

        record = record with { Sequence = ++_sequence };
        _records.Enqueue(record);
        while (_records.Count > Capacity)
        {
            _records.Dequeue();
        }

        sink.Write(record);
    }
}
