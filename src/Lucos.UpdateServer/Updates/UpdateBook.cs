using Lucos.Abi;
using Lucos.UpdateServer.Snapshots;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Transactions;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer.Updates;

/// <summary>All updates that the server remembers, and the questions that concern more than one of them.</summary>
internal sealed class UpdateBook(StubTable stubs)
{
    private const int MaxRemembered = 512;

    private readonly List<LiveUpdate> _all = [];
    private uint _nextId = 1;

    /// <summary>Remembered updates, oldest first.</summary>
    public IReadOnlyList<LiveUpdate> All => _all;

    /// <summary>Updates whose jumps are in memory, in order of application.</summary>
    public IEnumerable<LiveUpdate> InForce => _all.Where(update => update.InForce);

    /// <summary>Opens an update. Of those that are over, the oldest are forgotten beyond a limit that a hostile guest can't stretch.</summary>
    public LiveUpdate Open(string name, string version, ulong requestId)
    {
        if (_all.Count >= MaxRemembered)
        {
            int over = _all.FindIndex(update => update.IsOver);
            if (over < 0)
            {
                throw new RefusedException(Refusal.Busy, $"{MaxRemembered} updates are in force or not yet released");
            }

            _all.RemoveAt(over);
        }

        var update = new LiveUpdate(_nextId++, name, version, requestId, stubs);
        _all.Add(update);
        return update;
    }

    /// <summary>The update with this number.</summary>
    public LiveUpdate Find(ulong id) =>
        _all.Find(update => update.Id == id)
        ?? throw new RefusedException(Refusal.NoSuchUpdate, $"no update has the number {id}");

    /// <summary>Position among those in force, 0 the oldest; -1 if it is not one of them.</summary>
    public int DepthOf(LiveUpdate update) => update.InForce ? InForce.TakeWhile(other => other != update).Count() : -1;

    /// <summary>Replacements of a booted function that are in force, oldest first.</summary>
    public IEnumerable<(LiveUpdate Update, ReplacedFunction Function)> ReplacementsOf(ulong oldAddress)
    {
        foreach (LiveUpdate update in InForce)
        {
            if (update.ReplacementOf(oldAddress) is { } function)
            {
                yield return (update, function);
            }
        }
    }

    /// <summary>Updates in force that stand on one of this update's functions.</summary>
    public IReadOnlyList<LiveUpdate> Above(LiveUpdate update) =>
    [
        .. InForce
            .Where(other => other.Id > update.Id)
            .Where(other => update.Functions.Any(function => other.ReplacementOf(function.OldAddress) is not null)),
    ];

    /// <summary>Replaces in <paramref name="bytes"/>, read at <paramref name="address"/>, all that updates in force wrote by what was there before.</summary>
    public void Peel(ulong address, Span<byte> bytes)
    {
        foreach (LiveUpdate update in InForce.Reverse())
        {
            for (int i = update.Log.Count - 1; i >= 0; i--)
            {
                Overlay(update.Log[i], address, bytes);
            }
        }
    }

    /// <summary>Writes all of it.</summary>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt32(_nextId);
        writer.WriteCount(_all.Count);
        _all.ForEach(update => UpdateSerializer.Save(writer, update));
    }

    /// <summary>Replaces all of it by what <see cref="Save"/> wrote.</summary>
    public void Load(StateReader reader, int cpuCount)
    {
        _all.Clear();
        _nextId = reader.ReadUInt32();
        uint last = 0;
        for (int left = reader.ReadCount(MaxRemembered); left > 0; left--)
        {
            LiveUpdate update = UpdateSerializer.Load(reader, cpuCount, stubs);
            if (update.Id <= last || update.Id >= _nextId)
            {
                throw reader.Damaged($"update {update.Id} behind {last}, next is {_nextId}");
            }

            last = update.Id;
            _all.Add(update);
        }
    }

    private static void Overlay(Step step, ulong address, Span<byte> bytes)
    {
        if (!step.IsCode || !new CodeRange(step.Address, (ulong)step.Old.Length).Overlaps(new CodeRange(address, (ulong)bytes.Length)))
        {
            return;
        }

        for (int i = 0; i < step.Old.Length; i++)
        {
            ulong offset = unchecked(step.Address + (ulong)i - address);
            if (offset < (ulong)bytes.Length)
            {
                bytes[(int)offset] = step.Old[i];
            }
        }
    }
}
