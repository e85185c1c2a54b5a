using System.Buffers.Binary;
using Lucos.Elf;
using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Recording;

/// <summary>
/// Waits for a store to a place in memory. The page is guarded at guest-physical level, so no alias escapes it; the host carries out its
/// stores, and blocks and time are the same with and without it.
/// </summary>
internal sealed class WriteWatch(Machine machine, StopPoint.Write point, SymbolTable symbols) : IWriteListener
{
    private GuestPhysicalAddress _place;

    /// <summary>The store that was waited for: who did it, with callers. Null before it.</summary>
    internal string? Found { get; private set; }

    /// <summary>Whether the page is guarded.</summary>
    internal bool IsSet { get; private set; }

    /// <summary>Guards the page, if the place is mapped by now.</summary>
    internal void TrySet()
    {
        if (IsSet || !new AddressSpaceWalker(machine.Memory).TryTranslate(
            machine.Current.Registers.Cr3, new GuestVirtualAddress(point.Address), PageAccess.Read, out var translation, out _))
        {
            return;
        }

        _place = translation.Address;
        machine.Protection.Protect(_place, this);
        IsSet = true;
    }

    /// <inheritdoc/>
    public StoreReaction OnStore(in GuardedStore store)
    {
        GuestPhysicalAddress address = store.Address;
        if (Found is not null || address.Value >= _place.Value + (ulong)point.Length || _place.Value >= address.Value + (ulong)store.Size || !HasValue())
        {
            return StoreReaction.Continue;
        }

        var registers = machine.Current.Registers;
        var frames = Backtracer.Walk(machine.Current.AddressSpace, registers, symbols);
        Found = $"a store of {store.Size} bytes to physical {address} by processor {machine.Current.Index}\n"
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
        machine.Memory.Read(_place, bytes[..point.Length]);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes) == wanted;
    }
}
