using System.Runtime.CompilerServices;

namespace Lucos.Vmm.Memory;

/// <summary>
/// Walks the guest's four-level page tables (Intel SDM vol. 3 section 4.5): the only place where a virtual address becomes a physical one.
/// EFER.NXE is taken as set, and CR0.WP unless <see cref="PageAccess.IgnoreReadOnly"/> is asked for. Pages of 4 KiB, 2 MiB and 1 GiB.
/// </summary>
public sealed class AddressSpaceWalker
{
    private const ulong Present = 1;
    private const ulong WritableBit = 1 << 1;
    private const ulong UserBit = 1 << 2;
    private const ulong Accessed = 1 << 5;
    private const ulong Dirty = 1 << 6;
    private const ulong Large = 1 << 7;
    private const ulong NoExecute = 1UL << 63;
    private const ulong AddressMask = 0x000f_ffff_ffff_f000;
    private const ulong LargeReservedPat = 1UL << 12;
    private readonly GuestMemory _memory;

    /// <summary>Makes a walker over a machine's memory.</summary>
    public AddressSpaceWalker(GuestMemory memory) => _memory = memory ?? throw new ArgumentNullException(nameof(memory));

    /// <summary>Translates an address.</summary>
    /// <param name="cr3">Root of the page tables; its low 12 bits are ignored.</param>
    /// <param name="address">The address.</param>
    /// <param name="access">What the access wants.</param>
    /// <param name="translation">Where it lies, when the result is true. The byte itself is then inside RAM.</param>
    /// <param name="fault">Why not, when the result is false.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryTranslate(
        ulong cr3, GuestVirtualAddress address, PageAccess access, out Translation translation, out WalkFault fault)
    {
        translation = default;
        fault = default;
        if (!address.IsCanonical)
        {
            return Refuse(WalkFaultKind.NotCanonical, address, 0, access, out fault);
        }

        ulong table = cr3 & AddressMask;
        ulong allowed = WritableBit | UserBit;
        ulong forbidden = 0;
        for (int level = 4; ; level--)
        {
            int shift = 12 + (9 * (level - 1));
            GuestPhysicalAddress slot = new(table + (((address.Value >> shift) & 0x1ff) * 8));
            if (!_memory.Contains(slot, 8))
            {
                return Refuse(WalkFaultKind.OutsideMemory, address, level, access, out fault);
            }

            ulong entry = _memory.ReadUInt64(slot);
            if ((entry & Present) == 0)
            {
                return Refuse(WalkFaultKind.NotPresent, address, level, access, out fault);
            }

            allowed &= entry;
            forbidden |= entry & NoExecute;
            bool leaf = level == 1 || (entry & Large) != 0;
            ulong pageSize = 1UL << shift;
            if (HasReservedBits(entry, level, leaf, pageSize))
            {
                return Refuse(WalkFaultKind.ReservedBit, address, level, access, out fault);
            }

            if (leaf)
            {
                WalkFaultKind kind = Check(allowed, forbidden, access);
                ulong physical = (entry & AddressMask & ~(pageSize - 1)) | (address.Value & (pageSize - 1));
                if (kind == WalkFaultKind.None && !_memory.Contains(new GuestPhysicalAddress(physical), 1))
                {
                    kind = WalkFaultKind.OutsideMemory;
                }

                if (kind != WalkFaultKind.None)
                {
                    return Refuse(kind, address, level, access, out fault);
                }

                Mark(slot, entry, Accessed | ((access & PageAccess.Write) != 0 ? Dirty : 0), access);
                translation = new Translation(
                    new GuestPhysicalAddress(physical), pageSize, (allowed & WritableBit) != 0, (allowed & UserBit) != 0, forbidden == 0);
                return true;
            }

            Mark(slot, entry, Accessed, access);
            table = entry & AddressMask;
        }
    }

    // Bit 7 must be clear in a PML4 entry; the low address bits of a large page must be clear but for the PAT bit.
    private static bool HasReservedBits(ulong entry, int level, bool leaf, ulong pageSize) =>
        (level == 4 && (entry & Large) != 0)
        || (leaf && level > 1 && (entry & AddressMask & (pageSize - 1) & ~LargeReservedPat) != 0);

    private static WalkFaultKind Check(ulong allowed, ulong forbidden, PageAccess access)
    {
        if ((access & PageAccess.User) != 0 && (allowed & UserBit) == 0)
        {
            return WalkFaultKind.SupervisorOnly;
        }

        if ((access & (PageAccess.Write | PageAccess.IgnoreReadOnly)) == PageAccess.Write && (allowed & WritableBit) == 0)
        {
            return WalkFaultKind.ReadOnly;
        }

        return (access & PageAccess.Execute) != 0 && forbidden != 0 ? WalkFaultKind.NotExecutable : WalkFaultKind.None;
    }

    private static bool Refuse(WalkFaultKind kind, GuestVirtualAddress address, int level, PageAccess access, out WalkFault fault)
    {
        fault = new WalkFault(kind, address, level, access);
        return false;
    }

    private void Mark(GuestPhysicalAddress slot, ulong entry, ulong bits, PageAccess access)
    {
        if ((access & PageAccess.Mark) != 0 && (entry & bits) != bits)
        {
            _memory.WriteUInt64(slot, entry | bits);
        }
    }
}
