using System.Runtime.CompilerServices;
using Lucos.Abi;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Data;

/// <summary>Checks versions that the manager names, and enters them into the table: in RAM, writable, no code, no page tables, nobody else's.</summary>
internal sealed class InstanceRegistry(ServerState state)
{
    /// <summary>Most bytes of all versions of one update: what its undo log may hold.</summary>
    private const ulong MaxTotalBytes = 64 << 20;

    /// <summary>Enters the memory that transfers of an update work in, and finds its locks.</summary>
    public void EnterWorkspace(UpdateData data)
    {
        data.StackPieces = Reserve(data, data.Stack, new Subject("stack of transfers"));
        if (data.Scratch.Length > 0)
        {
            data.ScratchPieces = Reserve(data, data.Scratch, new Subject("scratch memory"));
        }

        for (int i = 0; i < data.Types.Count; i++)
        {
            DataType type = data.Types[i];
            if (type.IsMonitored && type.Transfer == TransferPoint.OnUnlock && type.Lock != 0)
            {
                data.Locks.Add(i, new LockWord(Resolve(data, type.Lock, type.LockSize, new Subject("lock", null, type.Name))[0]));
            }
        }
    }

    /// <summary>Enters all instances of an update.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Enter(LiveUpdate update, IReadOnlyList<InstanceDescriptor> instances)
    {
        UpdateData data = update.Data!;
        ulong total = 0;
        foreach (InstanceDescriptor raw in instances)
        {
            if (raw.Type >= data.Types.Count)
            {
                throw new RefusedException(Refusal.BadArgument, $"instance 0x{raw.OldAddress:x}: type {raw.Type} of {data.Types.Count}");
            }

            DataType type = data.Types[(int)raw.Type];
            total += type.OldSize + type.NewLength;
            if (total > MaxTotalBytes)
            {
                throw new RefusedException(Refusal.TooLarge, $"versions of all instances: more than {MaxTotalBytes} bytes");
            }

            Enter(update, (int)raw.Type, raw.OldAddress, raw.NewAddress);
        }
    }

    /// <summary>Enters one instance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Instance Enter(LiveUpdate update, int typeIndex, ulong old, ulong @new)
    {
        UpdateData data = update.Data!;
        DataType type = data.Types[typeIndex];
        if (type.HasOwnLock && (old + type.LockOffset) % type.LockSize != 0)
        {
            throw new RefusedException(Refusal.BadArgument, $"instance 0x{old:x} of {type.Name}: its lock word is not aligned");
        }

        if (data.Instances.Count >= UpdateLimits.MaxInstances)
        {
            throw new RefusedException(Refusal.TooLarge, $"instances of {update.Name}: more than {UpdateLimits.MaxInstances}");
        }

        if (data.Instances.ContainsKey(old))
        {
            throw new RefusedException(Refusal.BadArgument, $"instance 0x{old:x} of {type.Name} is known already");
        }

        var what = new Subject("instance", old, type.Name);
        var instance = new Instance(update, typeIndex, old, @new, Resolve(data, old, type.OldSize, what), Resolve(data, @new, type.NewLength, what));
        if (state.Instances.Add(instance) is { } owner)
        {
            throw new RefusedException(Refusal.BadArgument, $"{what}: shares bytes with {owner}");
        }

        data.Instances.Add(old, instance);
        return instance;
    }

    /// <summary>Lets transfers of types that are transferred once store to what the manager lists, until <see cref="UpdateData.Declared"/> is reset.</summary>
    public void EnterScratch(UpdateData data, IReadOnlyList<WritableRange> ranges)
    {
        Dictionary<int, List<PhysicalPiece>> pieces = [];
        ulong total = 0;
        foreach (WritableRange range in ranges)
        {
            CheckScratch(data, range);
            total += range.Length;
            if (total > MaxTotalBytes)
            {
                throw new RefusedException(Refusal.TooLarge, $"writable ranges: more than {MaxTotalBytes} bytes");
            }

            if (!pieces.TryGetValue((int)range.Type, out List<PhysicalPiece>? known))
            {
                pieces.Add((int)range.Type, known = []);
            }

            known.AddRange(ResolveScratch(data, range));
        }

        var journal = new ScratchJournal(state.Guest);
        data.Declared = ranges.Count == 0 ? null : new UpdateScratch(journal, pieces.ToDictionary(type => type.Key, type => new ScratchRanges(journal, type.Value)));
    }

    private static void CheckScratch(UpdateData data, in WritableRange range)
    {
        if (range.Type >= data.Types.Count || !data.Types[(int)range.Type].IsOnce)
        {
            string type = range.Type < data.Types.Count ? $"{data.Types[(int)range.Type].Name} is not transferred once" : $"type {range.Type} of {data.Types.Count}";
            throw new RefusedException(Refusal.BadArgument, $"writable range 0x{range.Address:x}: {type}");
        }

        if (range.Length is 0 or > UpdateLimits.MaxInstanceBytes)
        {
            throw new RefusedException(Refusal.TooLarge, $"writable range 0x{range.Address:x}: {range.Length} bytes; 1 to {UpdateLimits.MaxInstanceBytes} are allowed");
        }
    }

    // What another update keeps coherent would not hear of a transfer's stores.
    private PhysicalPiece[] ResolveScratch(UpdateData data, in WritableRange range)
    {
        var what = new Subject("writable range", range.Address, data.Types[(int)range.Type].Name);
        PhysicalPiece[] pieces = Resolve(data, range.Address, range.Length, what);
        return state.Instances.FindOwner(pieces) is { } owner ? throw new RefusedException(Refusal.BadArgument, $"{what}: shares bytes with {owner}") : pieces;
    }

    /// <summary>Takes one instance out.</summary>
    public void Drop(Instance instance)
    {
        state.Stores.Forget(instance);
        state.Instances.Remove(instance);
        instance.Data.Instances.Remove(instance.Old);
    }

    /// <summary>
    /// Monitors what <see cref="UpdateData.IsMonitored"/> and <see cref="UpdateData.LeftTypes"/> say now, and nothing else of the update. What is no longer
    /// monitored stays known: a roll-back, or a failure, carries its new version back.
    /// </summary>
    public void Monitor(UpdateData data)
    {
        foreach ((int type, LockWord word) in data.Locks)
        {
            bool steps = data.Types[type].Interception == Interception.Step;
            if (IsToBeMonitored(data, type))
            {
                state.Instances.Watch(data, word, steps);
            }
            else
            {
                state.Instances.Unwatch(word, steps);
            }
        }

        foreach (Instance instance in data.Instances.Values)
        {
            if (IsToBeMonitored(data, instance.TypeIndex))
            {
                state.Instances.Watch(instance);
            }
            else
            {
                state.Instances.Unwatch(instance);
            }
        }

        state.Instances.Apply();
    }

    /// <summary>Monitors one more instance, if its type is.</summary>
    public void Monitor(Instance instance)
    {
        if (IsToBeMonitored(instance.Data, instance.TypeIndex))
        {
            state.Instances.Watch(instance);
            state.Instances.Apply();
        }
    }

    private static bool IsToBeMonitored(UpdateData data, int type) => data.IsMonitored && data.Types[type].IsMonitored && !data.IsLeft(type);

    /// <summary>Takes all instances of an update out.</summary>
    public void DropInstances(UpdateData data)
    {
        data.IsMonitored = false;
        data.LeftTypes = 0;
        Monitor(data);
        foreach (Instance instance in data.Instances.Values)
        {
            state.Stores.Forget(instance);
            state.Instances.Remove(instance);
        }

        data.Instances.Clear();
    }

    /// <summary>Takes the instances of an update out that are not monitored: they have been transferred, and that was all.</summary>
    public void DropUnwatched(UpdateData data)
    {
        foreach (Instance instance in data.Instances.Values.Where(instance => !instance.IsWatched).ToList())
        {
            Drop(instance);
        }
    }

    /// <summary>Takes all out that lies in memory for an update.</summary>
    public void DropAll(LiveUpdate update)
    {
        if (update.Data is { } data)
        {
            DropInstances(data);
            state.Instances.Remove(data.StackPieces);
            state.Instances.Remove(data.ScratchPieces);
            data.StackPieces = [];
            data.ScratchPieces = [];
            data.Locks.Clear();
            data.IsOver = true;
        }
    }

    /// <summary>Enters what a snapshot holds, and monitors again what was monitored.</summary>
    /// <returns>False if it can't be so; the rest is as it may be.</returns>
    public bool TryRestore(LiveUpdate update, out string problem)
    {
        problem = "";
        if (update.Data is not { } data)
        {
            return true;
        }

        foreach (PhysicalPiece[] pieces in new[] { data.StackPieces, data.ScratchPieces })
        {
            problem = FindProblem(pieces) ?? state.Instances.FindOwner(pieces) ?? problem;
            state.Instances.Reserve(data, pieces, data.WorkspaceOwner);
        }

        foreach (LockWord word in data.Locks.Values)
        {
            problem = FindProblem([word.Piece]) ?? problem;
        }

        foreach (Instance instance in data.Instances.Values)
        {
            problem = FindProblem(instance.OldPieces) ?? FindProblem(instance.NewPieces) ?? problem;
            problem = state.Instances.Add(instance) is { } owner ? $"instance 0x{instance.Old:x} shares bytes with {owner}" : problem;
        }

        if (problem.Length == 0 && data.IsMonitored)
        {
            Monitor(data);
            foreach (Instance instance in data.Instances.Values.Where(instance => instance.Written != Side.None))
            {
                data.Locks.GetValueOrDefault(instance.TypeIndex)?.Written.Add(instance);
            }
        }

        return problem.Length == 0;
    }

    private string? FindProblem(PhysicalPiece[] pieces)
    {
        foreach (PhysicalPiece piece in pieces)
        {
            if (!state.Guest.IsRam(piece.Page))
            {
                return $"0x{piece.Physical:x} is no RAM";
            }
        }

        return null;
    }

    /// <summary>The RAM behind a range that versions, or what goes with them, may lie in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public PhysicalPiece[] Resolve(UpdateData data, ulong address, uint length, Subject what)
    {
        if (!PhysicalPiece.TryResolve(state.Guest, address, length, out PhysicalPiece[] pieces))
        {
            throw new RefusedException(Refusal.BadArgument, $"{what}: 0x{address:x}+{length} is not mapped writable in RAM");
        }

        data.ForbiddenPages ??= FindForbiddenPages(data.Update);
        foreach (PhysicalPiece piece in pieces)
        {
            if (data.ForbiddenPages.Contains(piece.Page))
            {
                throw new RefusedException(Refusal.BadArgument, $"{what}: 0x{address:x}+{length} lies in code, stubs or page tables");
            }
        }

        return IsPartlyExecutable(address, pieces) ? throw new RefusedException(Refusal.BadArgument, $"{what}: 0x{address:x}+{length} is executable") : pieces;
    }

    private bool IsPartlyExecutable(ulong address, PhysicalPiece[] pieces)
    {
        foreach (PhysicalPiece piece in pieces)
        {
            if (state.Guest.IsExecutable(address, 1))
            {
                return true;
            }

            address += (ulong)piece.Length;
        }

        return false;
    }

    private PhysicalPiece[] Reserve(UpdateData data, CodeRange range, Subject what)
    {
        PhysicalPiece[] pieces = Resolve(data, range.Start, (uint)range.Length, what);
        if (state.Instances.FindOwner(pieces) is { } owner)
        {
            throw new RefusedException(Refusal.BadArgument, $"{what}: shares bytes with {owner}");
        }

        state.Instances.Reserve(data, pieces, data.WorkspaceOwner);
        return pieces;
    }

    private HashSet<ulong> FindForbiddenPages(LiveUpdate own)
    {
        HashSet<ulong> pages = [.. state.Guest.FindPageTables()];
        AddPages(pages, new CodeRange(state.Guest.TextStart, state.Guest.TextEnd - state.Guest.TextStart));
        AddPages(pages, state.Stubs.Area);
        foreach (LiveUpdate update in state.Book.All.Where(update => update.HoldsMemory || update == own))
        {
            AddPages(pages, update.RelocationArea);
            foreach (ReplacedFunction function in update.Functions)
            {
                AddPages(pages, function.New);
            }
        }

        return pages;
    }

    private void AddPages(HashSet<ulong> pages, CodeRange range)
    {
        const ulong Mask = GuestLayout.PageSize - 1;
        for (ulong at = range.Start & ~Mask; range.Length != 0 && at < range.End && at >= GuestLayout.DirectMapBase; at += GuestLayout.PageSize)
        {
            if (state.Guest.TryTranslate(at, forWriting: false, out ulong physical))
            {
                pages.Add(physical & ~Mask);
            }
        }
    }
}
