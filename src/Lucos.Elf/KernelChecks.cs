namespace Lucos.Elf;

/// <summary>What must hold of an executable before it is a kernel that can be loaded.</summary>
internal static class KernelChecks
{
    private const int BuildIdBytes = 20;

    /// <summary>Below 1 MiB lie the boot structures and the hole of a PC.</summary>
    private const ulong FirstUsable = 0x100000;

    public static void Segments(ElfSegment[] segments, ulong entry)
    {
        if (segments.Length == 0)
        {
            throw new ElfFormatException(ElfError.NoSegments, 56, "no segment to load");
        }

        if (segments[0].PhysicalAddress < FirstUsable)
        {
            throw new ElfFormatException(ElfError.Reserved, 0,
                $"a segment at physical address 0x{segments[0].PhysicalAddress:x}; below 0x{FirstUsable:x} lie the boot structures");
        }

        foreach (var (low, high) in segments.Zip(segments.Skip(1)))
        {
            if (low.PhysicalEnd > high.PhysicalAddress)
            {
                throw new ElfFormatException(ElfError.Overlap, high.Offset,
                    $"segments at physical 0x{low.PhysicalAddress:x}..0x{low.PhysicalEnd:x} and 0x{high.PhysicalAddress:x} overlap");
            }
        }

        if (!segments.Any(s => s.Flags.HasFlag(SegmentAccess.Execute) && entry >= s.PhysicalAddress && entry - s.PhysicalAddress < (ulong)s.Data.Length))
        {
            throw new ElfFormatException(ElfError.NoEntry, 24, $"the entry point 0x{entry:x} is no physical address in an executable segment");
        }
    }

    public static ReadOnlyMemory<byte> BuildId(IReadOnlyList<ElfNote> notes)
    {
        var note = notes.FirstOrDefault(n => n is { Name: "GNU", Type: ElfNote.GnuBuildId });
        return note?.Descriptor.Length == BuildIdBytes
            ? note.Descriptor
            : throw new ElfFormatException(ElfError.NoBuildId, 0, "no GNU build-id of 20 bytes in a note segment; link with --build-id=sha1");
    }
}
