using System.Buffers.Binary;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu;

/// <summary>The I/O permission bitmap of the task-state segment, for code whose privilege level is above IOPL (Intel SDM vol. 1 section 19.5.2).</summary>
internal sealed class PortPermission(GuestMemory memory)
{
    private const uint BitmapBaseOffset = 102;
    private readonly AddressSpaceWalker _walker = new(memory);

    /// <summary>Whether the bitmap allows an access. A bitmap that lies beyond the segment's limit, or can't be read, allows none.</summary>
    /// <param name="cr3">Root of the page tables.</param>
    /// <param name="task">The task register.</param>
    /// <param name="port">First port.</param>
    /// <param name="size">1, 2 or 4 ports.</param>
    internal bool IsAllowed(ulong cr3, SegmentState task, ushort port, int size)
    {
        if (!TryReadWord(cr3, task, BitmapBaseOffset, out uint bitmap) || !TryReadWord(cr3, task, bitmap + ((uint)port >> 3), out uint bits))
        {
            return false;
        }

        uint wanted = ((1u << size) - 1) << (port & 7);
        return (bits & wanted) == 0;
    }

    // The processor always reads two bytes, so that an access may cross a byte of the bitmap.
    private bool TryReadWord(ulong cr3, SegmentState task, uint offset, out uint value)
    {
        value = 0;
        if (offset + 1 > task.Limit)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[2];
        for (int i = 0; i < bytes.Length; i++)
        {
            GuestVirtualAddress address = new(task.Base + offset + (ulong)i);
            if (!_walker.TryTranslate(cr3, address, PageAccess.Read | PageAccess.Mark, out Translation translation, out _))
            {
                return false;
            }

            memory.Read(translation.Address, bytes.Slice(i, 1));
        }

        value = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        return true;
    }
}
