using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Debugging.Targets;

/// <summary>
/// Waits for stores to a range of virtual addresses, as it is mapped when the watchpoint is set: the pages are guarded at guest-physical level, so
/// stores through other addresses are seen too.
/// </summary>
internal sealed class Watchpoint(Machine machine, ulong address, int length) : IWriteListener
{
    private readonly List<(GuestPhysicalAddress Address, ulong Length)> _places = [];

    /// <summary>First address.</summary>
    internal ulong Address => address;

    /// <summary>Bytes.</summary>
    internal int Length => length;

    /// <summary>Whether a store has hit it since it was last asked.</summary>
    internal bool IsHit { get; private set; }

    /// <summary>Whether the pages are guarded.</summary>
    internal bool IsSet => _places.Count > 0;

    /// <summary>Guards the pages, in the address space given; false when a byte is not mapped.</summary>
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
            machine.Protection.Protect(place.Item1, this);
        }

        return true;
    }

    /// <summary>Opens the pages.</summary>
    internal void Remove()
    {
        foreach (var (place, _) in _places)
        {
            machine.Protection.Unprotect(place, this);
        }

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
    public bool OnStore(GuestPhysicalAddress store, int size)
    {
        var hits = _places.Exists(p => store.Value < p.Address.Value + p.Length && p.Address.Value < store.Value + (ulong)size);
        if (hits)
        {
            // For a frame that the machine itself stores: nothing else would have the run end before the handler.
            IsHit = true;
            machine.RequestStop();
        }

        return hits;
    }
}
