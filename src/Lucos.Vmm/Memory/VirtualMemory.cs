using System.Buffers.Binary;
using System.Text;

namespace Lucos.Vmm.Memory;

/// <summary>One address space of the guest as seen by the host: reads and writes by virtual address, across pages.</summary>
/// <param name="memory">The machine's RAM.</param>
/// <param name="cr3">Root of the page tables.</param>
public sealed class VirtualMemory(GuestMemory memory, ulong cr3)
{
    private readonly AddressSpaceWalker _walker = new(memory);

    /// <summary>Root of the page tables.</summary>
    public ulong Cr3 { get; } = cr3;

    /// <summary>Translates one address for a supervisor read.</summary>
    public bool TryTranslate(GuestVirtualAddress address, out Translation translation, out WalkFault fault) =>
        _walker.TryTranslate(Cr3, address, PageAccess.Read, out translation, out fault);

    /// <summary>Reads. When the result is false nothing is promised about <paramref name="destination"/>.</summary>
    public bool TryRead(GuestVirtualAddress address, Span<byte> destination) => TryRead(address, destination, out _);

    /// <summary>Reads, and says why not.</summary>
    public bool TryRead(GuestVirtualAddress address, Span<byte> destination, out WalkFault fault)
    {
        fault = default;
        while (!destination.IsEmpty)
        {
            if (!TryPiece(address, destination.Length, PageAccess.Read, out GuestPhysicalAddress physical, out int length, out fault))
            {
                return false;
            }

            memory.Read(physical, destination[..length]);
            destination = destination[length..];
            address = Next(address, length);
        }

        return true;
    }

    /// <summary>Writes data to writable pages; all of it or, when the result is false, nothing.</summary>
    public bool TryWrite(GuestVirtualAddress address, ReadOnlySpan<byte> source) => TryWrite(address, source, out _);

    /// <summary>Writes data to writable pages; all of it or nothing, and says why not.</summary>
    public bool TryWrite(GuestVirtualAddress address, ReadOnlySpan<byte> source, out WalkFault fault) =>
        TryStore(address, source, PageAccess.Write, out fault);

    /// <summary>Reads a little-endian 64-bit value.</summary>
    public bool TryReadUInt64(GuestVirtualAddress address, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bool read = TryRead(address, bytes);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>Reads NUL-terminated UTF-8 text of at most <paramref name="limit"/> bytes; false when a byte can't be read or no NUL comes.</summary>
    public bool TryReadText(GuestVirtualAddress address, int limit, out string text)
    {
        List<byte> bytes = [];
        Span<byte> one = stackalloc byte[1];
        text = string.Empty;
        for (int i = 0; i < limit && TryRead(Next(address, i), one); i++)
        {
            if (one[0] == 0)
            {
                text = Encoding.UTF8.GetString([.. bytes]);
                return true;
            }

            bytes.Add(one[0]);
        }

        return false;
    }

    // Checks every page before it writes the first: a refused write changes nothing.
    internal bool TryStore(GuestVirtualAddress address, ReadOnlySpan<byte> source, PageAccess access, out WalkFault fault)
    {
        fault = default;
        GuestVirtualAddress at = address;
        for (int left = source.Length; left > 0;)
        {
            if (!TryPiece(at, left, access, out _, out int length, out fault))
            {
                return false;
            }

            left -= length;
            at = Next(at, length);
        }

        while (!source.IsEmpty)
        {
            _ = TryPiece(address, source.Length, access, out GuestPhysicalAddress physical, out int length, out _);
            memory.Write(physical, source[..length]);
            source = source[length..];
            address = Next(address, length);
        }

        return true;
    }

    private static GuestVirtualAddress Next(GuestVirtualAddress address, int length) => new(unchecked(address.Value + (ulong)length));

    private bool TryPiece(
        GuestVirtualAddress address, int wanted, PageAccess access, out GuestPhysicalAddress physical, out int length, out WalkFault fault)
    {
        physical = default;
        length = 0;
        if (!_walker.TryTranslate(Cr3, address, access, out Translation translation, out fault))
        {
            return false;
        }

        physical = translation.Address;
        length = (int)Math.Min((ulong)wanted, translation.BytesLeftInPage);
        if (memory.Contains(physical, (ulong)length))
        {
            return true;
        }

        fault = new WalkFault(WalkFaultKind.OutsideMemory, address, 1, access);
        return false;
    }
}
