using Lucos.Abi;
using Lucos.UpdateServer.Snapshots;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm.Snapshots;

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

    /// <summary>Number of the newest record; 0 if there is none.</summary>
    public long LastSequence => _sequence;

    /// <summary>Writes the remembered records.</summary>
    public void Save(StateWriter writer)
    {
        writer.WriteInt64(_sequence);
        writer.WriteInt32(_refusalsInARow);
        writer.WriteInt64(Suppressed);
        writer.WriteCount(_records.Count);
        foreach (JournalRecord record in _records)
        {
            writer.WriteUInt64(record.Block);
            writer.WriteText(record.Event);
            writer.WriteUInt32(record.UpdateId);
            writer.WriteText(record.Name);
            writer.WriteText(record.Version);
            writer.WriteInt32((int)record.State);
            writer.WriteInt32((int)record.Refusal);
            writer.WriteText(record.Detail);
            writer.WriteUInt64(record.RequestId);
            writer.WriteDouble(record.PauseMicroseconds);
        }
    }

    /// <summary>Replaces the remembered records by what <see cref="Save"/> wrote. The sink has seen them already.</summary>
    public void Load(StateReader reader)
    {
        _records.Clear();
        _sequence = reader.ReadInt64();
        _refusalsInARow = reader.ReadInt32(0, int.MaxValue - 1);
        Suppressed = reader.ReadInt64();
        int count = reader.ReadCount(Capacity, leastBytesEach: 56);
        if (_sequence < count || _sequence == long.MaxValue)
        {
            throw reader.Damaged($"{count} journal records, the newest is number {_sequence}");
        }

        for (long sequence = _sequence - count + 1; sequence <= _sequence; sequence++)
        {
            _records.Enqueue(new JournalRecord(
                sequence,
                reader.ReadUInt64(),
                reader.ReadText(),
                reader.ReadUInt32(),
                reader.ReadText(),
                reader.ReadText(),
                reader.ReadEnum<UpdateState>(),
                reader.ReadEnum<Refusal>(),
                reader.ReadText(),
                reader.ReadUInt64(),
                UpdateSerializer.Duration(reader)));
        }
    }

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
