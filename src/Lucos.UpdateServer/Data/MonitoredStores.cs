using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Lucos.Abi;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Data;

/// <summary>Decides what follows from a store to a monitored page: when which version is made anew from the other. Allocates nothing in steady state.</summary>
internal sealed class MonitoredStores(ServerState state)
{
    private const int MaxStore = 64;

    // The order in which they were written is no part of a snapshot.
    private static readonly Comparison<Instance> s_byAddress = static (a, b) => a.Old.CompareTo(b.Old);

    private readonly List<Instance> _due = [];
    private readonly List<UpdateData> _failing = [];

    /// <summary>Whether something is to be done at the next boundary.</summary>
    public bool IsDue => _due.Count > 0 || _failing.Count > 0;

    /// <summary>A store; the value is in memory.</summary>
    /// <returns>Whether something is to be done at the next boundary.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool OnStore(in GuestStore store)
    {
        const ulong Mask = GuestLayout.PageSize - 1;
        ulong page = store.Physical & ~Mask;
        int start = (int)(store.Physical & Mask);
        int first = Math.Min(store.Size, (int)GuestLayout.PageSize - start);
        OnPage(page, start, start + first, store);
        if (first < store.Size)
        {
            OnPage(page + GuestLayout.PageSize, 0, store.Size - first, store);
        }

        return IsDue;
    }

    /// <summary>Whether a store in one page may have a transfer follow, or must be in the ledger: false for what only shares the page, and for shared heads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool MayMatter(ulong physical, int size)
    {
        const ulong Mask = GuestLayout.PageSize - 1;
        int start = (int)(physical & Mask), end = start + size;
        if (!state.Instances.TryFind(physical & ~Mask, out PageVersions page))
        {
            return false;
        }

        for (int i = page.FirstBehind(start); i < page.Count && page[i].Start < end; i++)
        {
            ref readonly Segment segment = ref page[i];
            if (segment.Instance is { IsWatched: true } && MayMatter(segment, start, end))
            {
                return true;
            }
        }

        foreach (LockWord word in page.Locks)
        {
            if (word.Piece.Start < end && word.Piece.End > start)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Makes a transfer that was put off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void MakeUp(Instance instance) => Transfer(instance);

    /// <summary>Makes the transfers that are due, and lets updates fail whose transfers failed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AtBoundary()
    {
        for (int i = 0; i < _due.Count; i++)
        {
            Instance instance = _due[i];
            instance.IsDue = false;
            Transfer(instance);
        }

        _due.Clear();
        LetFail();
    }

    /// <summary>Lets updates fail whose transfers failed. All vCPUs stand between two instructions.</summary>
    public void LetFail()
    {
        foreach (UpdateData data in _failing)
        {
            state.Failures.Fail(data);
        }

        _failing.Clear();
    }

    /// <summary>Forgets what waits for an instance.</summary>
    public void Forget(Instance instance)
    {
        instance.Written = Side.None;
        if (instance.IsDue)
        {
            instance.IsDue = false;
            _due.Remove(instance);
        }

        if (instance.Data.Locks.TryGetValue(instance.TypeIndex, out LockWord? word))
        {
            word.Written.Remove(instance);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool MayMatter(in Segment segment, int start, int end)
    {
        Instance instance = segment.Instance!;
        DataType type = instance.Type;
        uint from = segment.Offset + (uint)(Math.Max(start, segment.Start) - segment.Start);
        uint to = segment.Offset + (uint)(Math.Min(end, segment.End) - segment.Start);
        return segment.Side == Side.New || to > type.SharedHead || TouchesLock(type, from, to) || instance.Data.Ledger is not null;
    }

    private static bool TouchesLock(DataType type, uint from, uint to) =>
        type.HasOwnLock && from < type.LockOffset + type.LockSize && to > type.LockOffset;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void OnPage(ulong address, int start, int end, in GuestStore store)
    {
        if (!state.Instances.TryFind(address, out PageVersions page))
        {
            return;
        }

        bool hit = false;
        for (int i = page.FirstBehind(start); i < page.Count && page[i].Start < end; i++)
        {
            ref readonly Segment segment = ref page[i];
            if (segment.Instance is { IsWatched: true })
            {
                hit = true;
                OnVersion(segment, address, Math.Max(start, segment.Start), Math.Min(end, segment.End), store);
            }
        }

        hit |= OnLocks(page, start, end);
        if (page.Owner is { } owner)
        {
            owner.Intercepted++;
            owner.FalseSharing += hit ? 0u : 1u;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void OnVersion(in Segment segment, ulong page, int start, int end, in GuestStore store)
    {
        Instance instance = segment.Instance!;
        DataType type = instance.Type;
        uint from = segment.Offset + (uint)(start - segment.Start);
        uint to = from + (uint)(end - start);
        if (instance.Data.Ledger is { } ledger)
        {
            Record(ledger, instance, segment.Side, page + (ulong)start, from, end - start, store);
        }

        if (segment.Side == Side.Old && to <= type.SharedHead)
        {
            instance.Data.SharedHeadStores++;
        }
        else
        {
            Mark(instance, segment.Side, page, start, end);
        }

        if (segment.Side == Side.Old && TouchesLock(type, from, to) && IsFree(instance))
        {
            MakeDue(instance);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Mark(Instance instance, Side side, ulong page, int start, int end)
    {
        DataType type = instance.Type;
        if (instance.Written != Side.None && instance.Written != side)
        {
            if (type.Transfer == TransferPoint.OnUnlock)
            {
                Fail(instance.Data, new TransferFailure(Refusal.Incoherent, $"{type.Name} 0x{instance.Old:x}: both versions were written before the lock was released"));
                return;
            }

            MakeUpFor(instance, page, start, end);
        }

        bool isNew = instance.Written == Side.None;
        instance.Written = side;
        if (type.Transfer == TransferPoint.EachWrite)
        {
            MakeDue(instance);
        }
        else if (type.IsLazy)
        {
            instance.Data.PutOff += isNew ? 1u : 0u;
        }
        else if (isNew && instance.Data.Locks.TryGetValue(instance.TypeIndex, out LockWord? word))
        {
            word.Written.Add(instance);
        }
    }

    // A store before went to the other version, and its transfer has been put off: it comes first, as if it had not been.
    private void MakeUpFor(Instance instance, ulong page, int start, int end)
    {
        Span<byte> stored = stackalloc byte[MaxStore];
        stored = stored[..Math.Min(MaxStore, end - start)];
        state.Guest.ReadPhysical(page + (ulong)start, stored);
        Transfer(instance);
        state.Guest.WritePhysical(page + (ulong)start, stored);
    }

    private bool OnLocks(PageVersions page, int start, int end)
    {
        bool hit = false;
        foreach (LockWord word in page.Locks)
        {
            if (word.Piece.Start >= end || word.Piece.End <= start)
            {
                continue;
            }

            hit = true;
            if (IsZero(word.Piece.Physical, word.Piece.Length))
            {
                word.Written.Sort(s_byAddress);
                foreach (Instance instance in word.Written)
                {
                    MakeDue(instance);
                }

                word.Written.Clear();
            }
        }

        return hit;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MakeDue(Instance instance)
    {
        if (instance.Type.Interception == Interception.Service)
        {
            Transfer(instance);
        }
        else if (!instance.IsDue && instance.Written != Side.None)
        {
            instance.IsDue = true;
            _due.Add(instance);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Transfer(Instance instance)
    {
        UpdateData data = instance.Data;
        Side source = instance.Written;

        // Of an update that is about to fail, who waits to read goes on being served.
        bool isMade = source != Side.None && (data.Failure is null || instance.Type.IsLazy);
        TransferFailure? failure = isMade ? state.Transfers.Run(instance, source) : null;
        instance.Written = Side.None;
        if (failure is not null)
        {
            Fail(data, failure.Losing(instance, source));
        }
    }

    private void Fail(UpdateData data, TransferFailure failure)
    {
        if (data.Failure is null)
        {
            data.Failure = failure;
            _failing.Add(data);
        }
        else
        {
            data.Lost++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Record(Ledger ledger, Instance instance, Side side, ulong physical, uint offset, int size, in GuestStore store)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        value.Clear();
        state.Guest.ReadPhysical(physical, value[..Math.Min(size, sizeof(ulong))]);
        ledger.Add(new LedgerEntry(
            state.Guest.Blocks, store.Cpu, store.Rip, instance.TypeIndex, instance.Old, side == Side.New, offset, size, BinaryPrimitives.ReadUInt64LittleEndian(value)));
    }

    private bool IsFree(Instance instance)
    {
        uint offset = instance.Type.LockOffset;
        foreach (PhysicalPiece piece in instance.OldPieces)
        {
            if (offset < (uint)piece.Length)
            {
                return IsZero(piece.Physical + offset, (int)instance.Type.LockSize);
            }

            offset -= (uint)piece.Length;
        }

        return false;
    }

    private bool IsZero(ulong physical, int size)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        value.Clear();
        state.Guest.ReadPhysical(physical, value[..size]);
        return BinaryPrimitives.ReadUInt64LittleEndian(value) == 0;
    }
}
