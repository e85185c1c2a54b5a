using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Debugging.Targets;

/// <summary>
/// Waits for accesses to a range of virtual addresses, as it is mapped when the watchpoint is set: physical memory is watched, so accesses through
/// other addresses are seen too.
/// </summary>
internal sealed class Watchpoint(Machine machine, WatchKind kind, ulong address, int length) : IWriteListener, IReadListener
{
    private readonly List<(GuestPhysicalAddress Address, ulong Length)> _places = [];

    /// <summary>What it stops at.</summary>
    internal WatchKind Kind => kind;

    /// <summary>First address.</summary>
    internal ulong Address => address;

    /// <summary>Bytes.</summary>
    internal int Length => length;

    /// <summary>Whether an access has hit it since it was last asked.</summary>
    internal bool IsHit { get; private set; }

    /// <summary>Watches, in the address space given; false when a byte is not mapped.</summary>
    internal bool TrySet(VirtualMemory space)
    {
        var places = new List<(GuestPhysicalAddress, ulong)>();
        for (var left = (ulong)length; left > 0;)
        {
            var at = address + ((ulong)length - left);
            if (!space.TryTranslate(new GuestVirtualAddress(at), out var translation, out _))
            {
                return false;
            }

            // A large page is guarded by the small ones in it.
            var piece = Math.Min(left, 4096 - (at % 4096));
            places.Add((translation.Address, piece));
            left -= piece;
        }

        foreach (var place in places)
        {
            _places.Add(place);
            Watch(place.Item1, (int)place.Item2);
        }

        return true;
    }

    /// <summary>Ends the watch.</summary>
    internal void Remove()
    {
        foreach (var (place, _) in _places)
        {
            machine.Protection.Unprotect(place, this);
        }

        machine.Reads.Remove(this);

        _places.Clear();
    }

    /// <summary>Tells whether it was hit, and forgets it.</summary>
    internal bool TakeHit()
    {
        var hit = IsHit;
        IsHit = false;
        return hit;
    }

    /// <inheritdoc/>
    public bool LeavesBehindInstruction => true;

    /// <inheritdoc/>
    public StoreReaction OnStore(in GuardedStore store)
    {
        var (start, end) = (store.Address.Value, store.Address.Value + (ulong)store.Size);
        if (!_places.Exists(p => start < p.Address.Value + p.Length && p.Address.Value < end))
        {
            return StoreReaction.Continue;
        }

        IsHit = true;
        return StoreReaction.Stop;
    }

    /// <inheritdoc/>
    public bool OnLoad(GuestPhysicalAddress load, int size) => IsHit = true;

    private void Watch(GuestPhysicalAddress place, int size)
    {
        if (kind != WatchKind.Read)
        {
            machine.Protection.Protect(place, this);
        }

        if (kind != WatchKind.Write)
        {
            machine.Reads.Add(place, size, this);
        }
    }
}
