using System.Buffers.Binary;
using Lucos.Elf;
using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Recording;

/// <summary>
/// Waits for a store to a place in memory. Its pages are guarded at guest-physical level, so no alias escapes it; the host carries out their
/// stores, and blocks and time are the same with and without it.
/// </summary>
internal sealed class WriteWatch(Machine machine, StopPoint.Write point, SymbolTable symbols) : IWriteListener
{
    private const ulong PageSize = 4096;
    private readonly List<(GuestPhysicalAddress Address, ulong Length)> _places = [];

    /// <summary>The store that was waited for: who did it, with callers. Null before it.</summary>
    internal string? Found { get; private set; }

    /// <summary>Guards the pages, if all of the place is mapped by now.</summary>
    internal void TrySet()
    {
        if (_places.Count > 0 || !TryFind(out var places))
        {
            return;
        }

        foreach (var place in places)
        {
            _places.Add(place);
            machine.Protection.Protect(place.Address, this);
        }
    }

    /// <inheritdoc/>
    public StoreReaction OnStore(in GuardedStore store)
    {
        var (address, end) = (store.Address, store.Address.Value + (ulong)store.Size);
        if (Found is not null || !_places.Exists(p => address.Value < p.Address.Value + p.Length && p.Address.Value < end) || !HasValue())
        {
            return StoreReaction.Continue;
        }

        var registers = machine.Current.Registers;
        var frames = Backtracer.Walk(machine.Current.AddressSpace, registers, symbols);
        Found = $"a store of {store.Size} bytes to physical address 0x{address.Value:x} by processor {machine.Current.Index}\n"
            + string.Join('\n', frames.Select(f => $"  {f}"));
        return StoreReaction.Stop;
    }

    private bool HasValue()
    {
        if (point.Value is not { } wanted)
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        var read = 0;
        foreach (var (address, length) in _places)
        {
            machine.Memory.Read(address, bytes.Slice(read, (int)length));
            read += (int)length;
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(bytes) == wanted;
    }

    private bool TryFind(out List<(GuestPhysicalAddress Address, ulong Length)> places)
    {
        places = [];
        var walker = new AddressSpaceWalker(machine.Memory);
        for (ulong at = point.Address, left = (ulong)point.Length; left > 0;)
        {
            if (!walker.TryTranslate(machine.Current.Registers.Cr3, new GuestVirtualAddress(at), PageAccess.Read, out var translation, out _))
            {
                return false;
            }

            var piece = Math.Min(left, PageSize - (at % PageSize));
            places.Add((translation.Address, piece));
            at = unchecked(at + piece);
            left -= piece;
        }

        return true;
    }
}
