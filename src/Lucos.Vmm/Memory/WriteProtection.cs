using System.Buffers.Binary;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Memory;

/// <summary>
/// Guards pages at guest-physical level, whatever the guest's page tables say: each store is carried out by the host, the page stays
/// closed, and the listener is told. Exact for all store forms, also those that cross pages or lock.
/// </summary>
public sealed class WriteProtection : IStateful
{
    private const ulong PageSize = 4096;
    private readonly GuestMemory _memory;
    private readonly IReadOnlyList<Vcpu> _vcpus;
    private readonly SortedDictionary<ulong, IWriteListener[]> _pages = [];
    private readonly HashSet<ulong> _waiting = [];

    internal WriteProtection(GuestMemory memory, IReadOnlyList<Vcpu> vcpus)
    {
        _memory = memory;
        _vcpus = vcpus;
    }

    /// <summary>Guarded pages.</summary>
    public int PageCount => _pages.Count;

    string IStateful.StateName => "write-protection";

    int IStateful.StateVersion => 1;

    /// <summary>
    /// Guards the page that holds an address for a listener. A page may have several, which are told in the order of their coming. Not to be
    /// called while the machine runs.
    /// </summary>
    /// <exception cref="InvalidOperationException">The listener guards the page already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The page is not in RAM.</exception>
    public void Protect(GuestPhysicalAddress address, IWriteListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ulong page = address.Value & ~(PageSize - 1);
        if (!_memory.Contains(new GuestPhysicalAddress(page), PageSize))
        {
            throw new ArgumentOutOfRangeException(nameof(address), $"{address} is not in RAM");
        }

        IWriteListener[] listeners = _pages.GetValueOrDefault(page, []);
        if (listeners.Contains(listener))
        {
            throw new InvalidOperationException($"page-already-guarded: the page of {address} is guarded for this listener");
        }

        _pages[page] = [.. listeners, listener];
        _waiting.Remove(page);
        if (listeners.Length == 0)
        {
            Guard(page, true);
        }

        CountExact(listener, 1);
    }

    /// <summary>Ends a listener's guard of the page that holds an address, and opens the page if nobody else guards it; no guard is no error.</summary>
    public void Unprotect(GuestPhysicalAddress address, IWriteListener listener)
    {
        ulong page = address.Value & ~(PageSize - 1);
        if (!_pages.TryGetValue(page, out IWriteListener[]? listeners))
        {
            return;
        }

        IWriteListener[] left = [.. listeners.Where(l => l != listener)];
        CountExact(listener, left.Length - listeners.Length);
        if (left.Length > 0)
        {
            _pages[page] = left;
            return;
        }

        _pages.Remove(page);
        Guard(page, false);
    }

    /// <summary>Whether the page that holds an address is guarded.</summary>
    public bool IsProtected(GuestPhysicalAddress address) => _pages.ContainsKey(address.Value & ~(PageSize - 1));

    // Which pages are guarded is saved, but not who listens: whoever guarded a page guards it again when its own state is loaded.
    void IStateful.Save(StateWriter writer)
    {
        writer.WriteCount(_pages.Count);
        foreach (ulong page in _pages.Keys)
        {
            writer.WriteUInt64(page);
        }
    }

    void IStateful.Load(StateReader reader)
    {
        _waiting.Clear();
        for (int left = reader.ReadCount((int)(_memory.Size / PageSize), sizeof(ulong)); left > 0; left--)
        {
            ulong page = reader.ReadUInt64();
            if (page % PageSize != 0 || !_memory.Contains(new GuestPhysicalAddress(page), PageSize) || !_waiting.Add(page))
            {
                throw reader.Damaged($"0x{page:x} is no page of RAM, or comes twice");
            }
        }

        _waiting.ExceptWith(_pages.Keys);
    }

    internal void RequireComplete()
    {
        if (_waiting.Count > 0)
        {
            throw new InvalidOperationException(
                $"guard-not-taken-over: {_waiting.Count} pages were guarded when the snapshot was taken and nobody guards them now, the first at 0x{_waiting.Min():x}");
        }
    }

    // Carries out a guest's store and tells the listeners of the pages it touches. Returns whether one of them asks to leave.
    internal bool Store(GuestPhysicalAddress address, int size, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _memory.Write(address, bytes[..size]);
        return Notify(address, size);
    }

    // For stores that the host makes on the processor's behalf (interrupt frames), which no page protection catches.
    internal bool Notify(GuestPhysicalAddress address, int size)
    {
        if (_pages.Count == 0)
        {
            return false;
        }

        ulong first = address.Value & ~(PageSize - 1);
        ulong last = (address.Value + (ulong)size - 1) & ~(PageSize - 1);
        bool leave = Notify(first, address, size);
        if (last != first)
        {
            leave |= Notify(last, address, size);
        }

        return leave;
    }

    private bool Notify(ulong page, GuestPhysicalAddress address, int size)
    {
        bool leave = false;
        if (_pages.TryGetValue(page, out IWriteListener[]? listeners))
        {
            foreach (IWriteListener listener in listeners)
            {
                leave |= listener.OnStore(address, size);
            }
        }

        return leave;
    }

    private void CountExact(IWriteListener listener, int change)
    {
        if (!listener.LeavesBehindInstruction || change == 0)
        {
            return;
        }

        foreach (Vcpu vcpu in _vcpus)
        {
            vcpu.CountExactStops(change);
        }
    }

    private void Guard(ulong page, bool guarded)
    {
        foreach (Vcpu vcpu in _vcpus)
        {
            vcpu.Backend.GuardPage(new GuestPhysicalAddress(page), guarded);
        }
    }
}
