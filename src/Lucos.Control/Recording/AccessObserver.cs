using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Recording;

/// <summary>Notes all loads and stores of a machine while it observes; very slow, and without effect on the guest.</summary>
internal sealed class AccessObserver : IReadListener, IWriteListener, IDisposable
{
    private const ulong PageSize = 4096;
    private readonly Machine _machine;
    private readonly GuestPhysicalAddress[] _pages;

    internal AccessObserver(Machine machine)
    {
        _machine = machine;
        _pages = [.. Enumerable.Range(0, (int)(machine.Memory.Size / PageSize)).Select(page => new GuestPhysicalAddress((ulong)page * PageSize))];
        const ulong piece = 1 << 30;
        for (var start = 0UL; start < machine.Memory.Size; start += piece)
        {
            machine.Reads.Add(new GuestPhysicalAddress(start), (int)Math.Min(piece, machine.Memory.Size - start), this);
        }

        machine.Protection.Protect(_pages, this, StoreMethod.Emulate);
    }

    /// <summary>Pieces of memory that were loaded from, in order, each once.</summary>
    internal List<(ulong Address, int Length)> Loads { get; } = [];

    /// <summary>Pieces of memory that were stored to, in order, each once.</summary>
    internal List<(ulong Address, int Length)> Stores { get; } = [];

    public void Dispose()
    {
        _machine.Reads.Remove(this);
        _machine.Protection.Unprotect(_pages, this);
    }

    public bool OnLoad(GuestPhysicalAddress address, int size)
    {
        Note(Loads, address.Value, size);
        return false;
    }

    public StoreReaction OnStore(in GuardedStore store)
    {
        Note(Stores, store.Address.Value, store.Size);
        return StoreReaction.Continue;
    }

    // A string instruction loads thousands of pieces that are one.
    private static void Note(List<(ulong Address, int Length)> pieces, ulong address, int size)
    {
        if (pieces.Count > 0 && pieces[^1] is var (last, length) && last + (ulong)length == address && address % PageSize != 0)
        {
            pieces[^1] = (last, length + size);
        }
        else if (!pieces.Contains((address, size)))
        {
            pieces.Add((address, size));
        }
    }
}
