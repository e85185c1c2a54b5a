namespace Lucos.Elf;

/// <summary>Parses header, program headers, sections and symbols.</summary>
/// <param name="memory">The whole file.</param>
/// <param name="limits">How much is accepted.</param>
internal sealed class ElfParser(ReadOnlyMemory<byte> memory, ElfLimits limits)
{
    private const uint Magic = 0x464c457f;

    private readonly ElfBytes _file = new(memory);

    public ElfFile Parse()
    {
        var header = Header();
        var segments = Segments();
        var sections = Sections(header.SectionNamesIndex);
        return new ElfFile(memory, header, segments, sections, Symbols(sections));
    }

    private ElfHeader Header()
    {
        if (_file.Length < 4 || _file.U32(0) != Magic)
        {
            throw new ElfFormatException(ElfError.NotElf, 0, "the file does not start with 7f 45 4c 46");
        }

        CheckEncoding();
        _ = _file.Slice(0, ElfHeader.Size, "the ELF header");
        if (_file.U16(18) is var machine and not ElfHeader.MachineX64)
        {
            throw new ElfFormatException(ElfError.WrongMachine, 18, $"machine {machine}, not x86-64 ({ElfHeader.MachineX64})");
        }

        if (_file.U32(20) is var version and not 1)
        {
            throw new ElfFormatException(ElfError.BadHeader, 20, $"version {version} of the format, not 1");
        }

        if (_file.U16(52) is var size && size != ElfHeader.Size)
        {
            throw new ElfFormatException(ElfError.BadHeader, 52, $"the header says it has {size} bytes, not {ElfHeader.Size}");
        }

        return new ElfHeader((ElfType)_file.U16(16), _file.U16(18), _file.U64(24), _file.U32(48), _file.U16(62));
    }

    private void CheckEncoding()
    {
        if (_file.U8(4) == 1)
        {
            throw new ElfFormatException(ElfError.Elf32, 4, "a 32-bit file; compile for x86-64 (without -m32)");
        }

        if (_file.U8(4) != 2 || _file.U8(5) != 1 || _file.U8(6) != 1)
        {
            throw new ElfFormatException(ElfError.UnsupportedEncoding, 4,
                $"class {_file.U8(4)}, data encoding {_file.U8(5)}, version {_file.U8(6)}; 64-bit (2), little-endian (1), version 1 are read");
        }
    }

    private List<ElfSegment> Segments()
    {
        int count = _file.U16(56);
        CheckTable("program headers", count, limits.MaxSegments, _file.U16(54), ElfHeader.SegmentHeaderSize, 54);
        var table = _file.U64(32);
        _ = count == 0 ? default : _file.Slice(table, (ulong)count * ElfHeader.SegmentHeaderSize, "the program header table");
        return [.. Enumerable.Range(0, count).Select(i => Segment(table + ((ulong)i * ElfHeader.SegmentHeaderSize)))];
    }

    private ElfSegment Segment(ulong at)
    {
        var (fileSize, memorySize) = (_file.U64(at + 32), _file.U64(at + 40));
        var (virtualAddress, physicalAddress) = (_file.U64(at + 16), _file.U64(at + 24));
        var type = _file.U32(at);
        if (type == ElfSegment.TypeLoad && fileSize > memorySize)
        {
            throw new ElfFormatException(ElfError.BadSegment, at + 32, $"0x{fileSize:x} bytes in the file do not fit 0x{memorySize:x} in memory");
        }

        if (memorySize > ulong.MaxValue - virtualAddress || memorySize > ulong.MaxValue - physicalAddress)
        {
            throw new ElfFormatException(ElfError.BadSegment, at + 40, $"0x{memorySize:x} bytes at 0x{virtualAddress:x} run over the end of the address space");
        }

        return new ElfSegment
        {
            Type = type,
            Flags = (SegmentAccess)_file.U32(at + 4),
            Offset = _file.U64(at + 8),
            VirtualAddress = virtualAddress,
            PhysicalAddress = physicalAddress,
            MemorySize = memorySize,
            Alignment = _file.U64(at + 48),
            Data = _file.Slice(_file.U64(at + 8), fileSize, "a segment"),
        };
    }

    private ElfSection[] Sections(int namesIndex)
    {
        int count = _file.U16(60);
        CheckTable("section headers", count, limits.MaxSections, _file.U16(58), ElfHeader.SectionHeaderSize, 58);
        if (count == 0)
        {
            return [];
        }

        var table = _file.U64(40);
        _ = _file.Slice(table, (ulong)count * ElfHeader.SectionHeaderSize, "the section header table");
        if (namesIndex >= count)
        {
            throw new ElfFormatException(ElfError.BadHeader, 62, $"section {namesIndex} is to hold the names, but there are {count}");
        }

        var names = Contents(table + ((ulong)namesIndex * ElfHeader.SectionHeaderSize));
        return [.. Enumerable.Range(0, count).Select(i => Section(i, table + ((ulong)i * ElfHeader.SectionHeaderSize), names))];
    }

    private ReadOnlyMemory<byte> Contents(ulong at) => (SectionType)_file.U32(at + 4) is SectionType.Nobits or SectionType.Null
        ? default
        : _file.Slice(_file.U64(at + 24), _file.U64(at + 32), "a section");

    private ElfSection Section(int index, ulong at, ReadOnlyMemory<byte> names)
    {
        var alignment = _file.U64(at + 48);
        if ((alignment & (alignment - 1)) != 0 && alignment != 0)
        {
            throw new ElfFormatException(ElfError.BadSection, at + 48, $"section {index} has alignment 0x{alignment:x}, which is no power of two");
        }

        return new ElfSection
        {
            Index = index,
            Name = ElfBytes.Text(names, _file.U32(at), limits.MaxNameLength, at),
            NameOffset = _file.U32(at),
            Type = (SectionType)_file.U32(at + 4),
            Flags = (SectionAttributes)_file.U64(at + 8),
            Address = _file.U64(at + 16),
            Offset = _file.U64(at + 24),
            Size = _file.U64(at + 32),
            Link = _file.U32(at + 40),
            Info = _file.U32(at + 44),
            Alignment = alignment,
            EntrySize = _file.U64(at + 56),
            Data = Contents(at),
        };
    }

    private List<ElfSymbol> Symbols(ElfSection[] sections)
    {
        var table = Array.Find(sections, s => s.Type == SectionType.Symtab);
        return table is null ? [] : ElfTables.Symbols(table, sections, limits);
    }

    private static void CheckTable(string what, int count, int limit, ushort entrySize, int expected, ulong at)
    {
        if (count > limit)
        {
            throw new ElfFormatException(ElfError.TooMany, at + 2, $"{count} {what}, more than {limit}");
        }

        if (count > 0 && entrySize != expected)
        {
            throw new ElfFormatException(ElfError.BadHeader, at, $"{what} of {entrySize} bytes, not {expected}");
        }
    }
}
