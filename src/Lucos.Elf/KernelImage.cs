using System.Buffers.Binary;

namespace Lucos.Elf;

/// <summary>A linked kernel: what a loader places in memory, and what a debugger and the update tools look up.</summary>
public sealed class KernelImage
{
    private KernelImage(ElfFile file, IReadOnlyList<ElfSegment> segments, ReadOnlyMemory<byte> buildId, uint? pvhEntry)
    {
        (File, Segments, BuildId, PvhEntry) = (file, segments, buildId, pvhEntry);
        Symbols = new SymbolTable(file.Symbols);
    }

    /// <summary>The file.</summary>
    public ElfFile File { get; }

    /// <summary>Physical address of the 64-bit entry point.</summary>
    public ulong Entry => File.Header.Entry;

    /// <summary>Physical address of the 32-bit PVH entry point, if the kernel has one.</summary>
    public uint? PvhEntry { get; }

    /// <summary>The segments to load, in the order of their physical addresses. They do not overlap.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>The 20 bytes of the GNU build-id.</summary>
    public ReadOnlyMemory<byte> BuildId { get; }

    /// <summary>The symbols.</summary>
    public SymbolTable Symbols { get; }

    /// <summary>First physical address behind the image.</summary>
    public ulong PhysicalEnd => Segments.Max(s => s.PhysicalEnd);

    /// <summary>Parses and checks a kernel.</summary>
    /// <param name="bytes">The file; it is kept, not copied.</param>
    /// <param name="memoryBytes">RAM that it must fit into, from physical address 0; null when that is not known yet.</param>
    /// <exception cref="ElfFormatException">Not ELF, another machine or type, no entry, no build-id, overlapping segments, or too large.</exception>
    public static KernelImage Parse(ReadOnlyMemory<byte> bytes, ulong? memoryBytes = null)
    {
        var file = ElfFile.Parse(bytes);
        if (file.Header.Type != ElfType.Executable)
        {
            throw new ElfFormatException(ElfError.WrongType, 16, $"type {file.Header.Type}; a kernel is a statically linked executable (link with -static -no-pie)");
        }

        ElfSegment[] segments = [.. file.Segments.Where(s => s.Type == ElfSegment.TypeLoad && s.MemorySize > 0).OrderBy(s => s.PhysicalAddress)];
        KernelChecks.Segments(segments, file.Header.Entry);
        var notes = file.Notes();
        var image = new KernelImage(file, segments, KernelChecks.BuildId(notes), PvhEntryOf(notes));
        if (memoryBytes is { } available)
        {
            image.CheckFits(available);
        }

        return image;
    }

    /// <summary>Reads, parses and checks a kernel's file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="memoryBytes">RAM that it must fit into; null when that is not known yet.</param>
    /// <exception cref="ElfFormatException">As for <see cref="Parse"/>.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static KernelImage Load(string path, ulong? memoryBytes = null) => Parse(System.IO.File.ReadAllBytes(path), memoryBytes);

    /// <summary>Checks that the image fits RAM.</summary>
    /// <param name="memoryBytes">Bytes of RAM, from physical address 0.</param>
    /// <exception cref="ElfFormatException"><see cref="ElfError.TooLarge"/>.</exception>
    public void CheckFits(ulong memoryBytes)
    {
        if (PhysicalEnd > memoryBytes)
        {
            throw new ElfFormatException(ElfError.TooLarge, 0,
                $"the kernel ends at physical address 0x{PhysicalEnd:x}, but RAM has 0x{memoryBytes:x} bytes; give the guest more memory");
        }
    }

    /// <summary>Reads bytes of the image as they are before it runs; behind a segment's contents they are zero.</summary>
    /// <param name="virtualAddress">First address.</param>
    /// <param name="destination">Where they go; all of it must lie in one segment.</param>
    /// <returns>False, and nothing copied, when it does not.</returns>
    public bool TryRead(ulong virtualAddress, Span<byte> destination)
    {
        var length = (ulong)destination.Length;
        var segment = Segments.FirstOrDefault(s => virtualAddress >= s.VirtualAddress && virtualAddress - s.VirtualAddress <= s.MemorySize
            && length <= s.MemorySize - (virtualAddress - s.VirtualAddress));
        if (segment is null)
        {
            return false;
        }

        var offset = virtualAddress - segment.VirtualAddress;
        destination.Clear();
        if (offset < (ulong)segment.Data.Length)
        {
            var contents = segment.Data.Span[(int)offset..];
            contents[..Math.Min(contents.Length, destination.Length)].CopyTo(destination);
        }

        return true;
    }

    /// <summary>The segment that a virtual address lies in, or null.</summary>
    /// <param name="virtualAddress">The address.</param>
    public ElfSegment? SegmentAt(ulong virtualAddress) =>
        Segments.FirstOrDefault(s => virtualAddress >= s.VirtualAddress && virtualAddress - s.VirtualAddress < s.MemorySize);

    private static uint? PvhEntryOf(IReadOnlyList<ElfNote> notes) =>
        notes.FirstOrDefault(n => n is { Name: "Xen", Type: ElfNote.XenPvhEntry, Descriptor.Length: >= 4 }) is { } note
            ? BinaryPrimitives.ReadUInt32LittleEndian(note.Descriptor.Span)
            : null;
}
