using System.Buffers.Binary;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Memory;

/// <summary>
/// Guards pages at guest-physical level, whatever the guest's page tables say: each store is carried out by the host, the page stays
/// closed, and its listeners are told. Exact for all store forms, also those that cross pages or lock. A page may have several listeners;
/// if one of them asks for <see cref="StoreMethod.Step"/>, its stores are stepped for all.
/// </summary>
public sealed class WriteProtection : IStateful
{
    private const ulong PageSize = 4096;
    private readonly GuestMemory _memory;
    private readonly IReadOnlyList<Vcpu> _vcpus;
    private readonly SortedDictionary<ulong, StoreMethod> _waiting = [];
    private readonly StoreBoundary[] _boundaries;
    private PageGuard?[] _guards = [];
    private bool _storing;

    internal WriteProtection(GuestMemory memory, IReadOnlyList<Vcpu> vcpus)
    {
        _memory = memory;
        _vcpus = vcpus;
        _boundaries = [.. vcpus.Select(_ => new StoreBoundary())];
    }

    /// <summary>Guarded pages.</summary>
    public int PageCount { get; private set; }

    string IStateful.StateName => "write-protection";

    int IStateful.StateVersion => 2;

    /// <summary>Guards the page that holds an address. Between runs, in hypercall handlers and at store boundaries only.</summary>
    /// <exception cref="InvalidOperationException">The listener guards the page already, or a store is being carried out.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The page is not in RAM.</exception>
    public void Protect(GuestPhysicalAddress address, IWriteListener listener, StoreMethod method = StoreMethod.Emulate) =>
        Protect([address], listener, method);

    /// <summary>Guards the pages that hold some addresses: all of them or, with an exception, none.</summary>
    /// <param name="pages">An address in each page, in any order.</param>
    /// <param name="listener">Is told of the stores.</param>
    /// <param name="method">How they are carried out.</param>
    /// <exception cref="InvalidOperationException">The listener guards a page already, or a store is being carried out.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A page is not in RAM.</exception>
    public void Protect(ReadOnlySpan<GuestPhysicalAddress> pages, IWriteListener listener, StoreMethod method)
    {
        ArgumentNullException.ThrowIfNull(listener);
        RequireNoStore();
        if (_guards.Length == 0)
        {
            _guards = new PageGuard?[_memory.Size / PageSize];
        }

        PageGuard? alone = null;
        for (int done = 0; done < pages.Length; done++)
        {
            if (Refusal(pages[done], listener) is { } refusal)
            {
                Remove(pages[..done], listener);
                throw refusal;
            }

            Add(PageOf(pages[done]), listener, method, ref alone);
        }

        foreach (GuestPhysicalAddress address in pages)
        {
            TakeOver(PageOf(address) * PageSize);
        }

        Apply();
        CountExact(listener, pages.Length);
    }

    /// <summary>Ends what one listener guards; a page that it does not guard is no error.</summary>
    /// <exception cref="InvalidOperationException">A store is being carried out.</exception>
    public void Unprotect(GuestPhysicalAddress address, IWriteListener listener) => Unprotect([address], listener);

    /// <summary>Ends what one listener guards of some pages; a page that it does not guard is no error.</summary>
    /// <exception cref="InvalidOperationException">A store is being carried out.</exception>
    public void Unprotect(ReadOnlySpan<GuestPhysicalAddress> pages, IWriteListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        RequireNoStore();
        int removed = Remove(pages, listener);
        if (removed > 0)
        {
            Apply();
            CountExact(listener, -removed);
        }
    }

    /// <summary>Whether the page that holds an address is guarded.</summary>
    public bool IsProtected(GuestPhysicalAddress address) => GuardOf(address) is not null;

    // Which pages are guarded is saved, and how, but not who listens: whoever guarded a page guards it again when its own state is loaded.
    void IStateful.Save(StateWriter writer)
    {
        writer.WriteCount(PageCount);
        for (int page = 0; page < _guards.Length; page++)
        {
            if (_guards[page] is { } guard)
            {
                writer.WriteUInt64((ulong)page * PageSize);
                writer.WriteInt32((int)guard.Method);
            }
        }
    }

    void IStateful.Load(StateReader reader)
    {
        _waiting.Clear();
        for (int left = reader.ReadCount((int)(_memory.Size / PageSize), sizeof(ulong) + sizeof(int)); left > 0; left--)
        {
            ulong page = reader.ReadUInt64();
            StoreMethod method = reader.ReadEnum<StoreMethod>();
            if (page % PageSize != 0 || !_memory.Contains(new GuestPhysicalAddress(page), PageSize) || !_waiting.TryAdd(page, method))
            {
                throw reader.Damaged($"0x{page:x} is no page of RAM, or comes twice");
            }
        }

        foreach (ulong page in _waiting.Keys.ToArray())
        {
            TakeOver(page);
        }
    }

    internal void RequireComplete()
    {
        if (_waiting.Count > 0)
        {
            (ulong page, StoreMethod method) = _waiting.First();
            throw new InvalidOperationException(
                $"guard-not-taken-over: {_waiting.Count} pages were guarded when the snapshot was taken and nobody guards them so now, the first at 0x{page:x} ({method})");
        }
    }

    // A debugger may have the machine stand inside a block, with listeners that wait for its end.
    internal void RequireNoBoundary()
    {
        if (Array.Exists(_boundaries, boundary => boundary.IsDue))
        {
            throw new SnapshotException(
                "store-boundary-due: the machine stands inside a block that has stored to a guarded page, and whoever guards it waits for the block's end; step on and try again");
        }
    }

    // The address of a store that crosses into another page tells of the first one only.
    internal StoreMethod MethodOf(GuestPhysicalAddress address, int size)
    {
        if (GuardOf(address) is not { Method: StoreMethod.Step } guard)
        {
            return StoreMethod.Emulate;
        }

        return (address.Value % PageSize) + (ulong)size > PageSize || guard.NeedsStep(address, size) ? StoreMethod.Step : StoreMethod.Emulate;
    }

    // Makes a guest's store, which lies in one page.
    internal void Write(GuestPhysicalAddress address, int size, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _memory.Write(address, bytes[..size]);
    }

    // Tells the listeners of the page, which is in memory by now.
    internal void Notify(in GuardedStore store)
    {
        if (GuardOf(store.Address) is not { } guard)
        {
            return;
        }

        // A boundary may come while the listeners of a page change it: the array is never changed.
        _storing = store.Method == StoreMethod.Emulate;
        try
        {
            foreach (IWriteListener listener in guard.Listeners)
            {
                _boundaries[store.Cpu].Add(in store, listener, listener.OnStore(in store));
            }
        }
        finally
        {
            _storing = false;
        }
    }

    internal StoreBoundary BoundaryOf(int cpu) => _boundaries[cpu];

    private static ulong PageOf(GuestPhysicalAddress address) => address.Value / PageSize;

    private PageGuard? GuardOf(GuestPhysicalAddress address) => PageOf(address) < (ulong)_guards.Length ? _guards[PageOf(address)] : null;

    private Exception? Refusal(GuestPhysicalAddress address, IWriteListener listener)
    {
        if (!_memory.Contains(address, 1))
        {
            return new ArgumentOutOfRangeException(nameof(address), $"{address} is not in RAM");
        }

        return GuardOf(address)?.Has(listener) == true
            ? new InvalidOperationException($"page-already-guarded: this listener guards the page of {address} already")
            : null;
    }

    // Pages that only this listener guards share one object.
    private void Add(ulong page, IWriteListener listener, StoreMethod method, ref PageGuard? alone)
    {
        ref PageGuard? guard = ref _guards[page];
        if (guard is null)
        {
            PageCount++;
            guard = alone ??= new PageGuard([listener], [method]);
        }
        else
        {
            guard = guard.With(listener, method);
        }
    }

    private int Remove(ReadOnlySpan<GuestPhysicalAddress> pages, IWriteListener listener)
    {
        int removed = 0;
        foreach (GuestPhysicalAddress address in pages)
        {
            if (GuardOf(address) is { } guard && guard.Has(listener))
            {
                ref PageGuard? slot = ref _guards[PageOf(address)];
                slot = guard.Without(listener);
                PageCount -= slot is null ? 1 : 0;
                removed++;
            }
        }

        return removed;
    }

    private void TakeOver(ulong page)
    {
        if (_waiting.TryGetValue(page, out StoreMethod method) && GuardOf(new GuestPhysicalAddress(page)) is { } guard && guard.Method >= method)
        {
            _waiting.Remove(page);
        }
    }

    private void RequireNoStore()
    {
        if (_storing)
        {
            throw new InvalidOperationException("guard-inside-store: ask for the boundary and guard or open pages there");
        }
    }

    private void Apply()
    {
        ulong[] pages = new ulong[PageCount];
        int count = 0;
        bool steps = false;
        for (int page = 0; count < pages.Length; page++)
        {
            if (_guards[page] is { } guard)
            {
                pages[count++] = (ulong)page;
                steps |= guard.Method == StoreMethod.Step;
            }
        }

        foreach (Vcpu vcpu in _vcpus)
        {
            vcpu.Backend.GuardPages(pages, steps);
        }
    }

    private void CountExact(IWriteListener listener, int change)
    {
        if (!listener.LeavesBehindInstruction)
        {
            return;
        }

        foreach (Vcpu vcpu in _vcpus)
        {
            vcpu.CountExactStops(change);
        }
    }
}
