using System.Text;

namespace Lucos.Elf;

/// <summary>Reads what lies in tables inside sections: symbols, relocations, notes.</summary>
internal static class ElfTables
{
    private const int SymbolSize = 24;

    public static List<ElfSymbol> Symbols(ElfSection table, ElfSection[] sections, ElfLimits limits)
    {
        var count = Count(table, SymbolSize, ElfError.BadSymbol);
        if (count > limits.MaxSymbols)
        {
            throw new ElfFormatException(ElfError.TooMany, table.Offset, $"{count} symbols, more than {limits.MaxSymbols}");
        }

        if (table.Link >= sections.Length || sections[table.Link].Type != SectionType.Strtab)
        {
            throw new ElfFormatException(ElfError.BadSymbol, table.Offset, $"section {table.Link} is to hold the symbols' names, but is no string table");
        }

        var names = sections[table.Link].Data;
        var symbols = new List<ElfSymbol>(count);
        string? file = null;
        for (var index = 0; index < count; index++)
        {
            var symbol = Symbol(table, index, names, sections.Length, limits) with { File = file };
            file = symbol.Type == SymbolType.File ? symbol.Name : file;
            symbols.Add(symbol.Binding == SymbolBinding.Local && symbol.Type != SymbolType.File && file?.Length > 0 ? symbol : symbol with { File = null });
        }

        return symbols;
    }

    public static IReadOnlyList<ElfRelocation> Relocations(ElfFile file, ElfSection section)
    {
        var count = Count(section, ElfRelocation.Size, ElfError.BadRelocation);
        if (section.Info == 0 || section.Info >= file.Sections.Count)
        {
            throw new ElfFormatException(ElfError.BadRelocation, section.Offset, $"{section.Name} relocates section {section.Info}, which does not exist");
        }

        var target = file.Sections[(int)section.Info];
        return [.. Enumerable.Range(0, count).Select(i => Relocation(file, section, target, i))];
    }

    public static IReadOnlyList<ElfNote> Notes(ElfFile file)
    {
        var notes = new List<ElfNote>();
        foreach (var segment in file.Segments.Where(s => s.Type == ElfSegment.TypeNote))
        {
            ReadNotes(segment.Data, segment.Offset, segment.Alignment, notes);
        }

        foreach (var section in file.Sections.Where(s => file.Segments.Count == 0 && s.Type == SectionType.Note))
        {
            ReadNotes(section.Data, section.Offset, section.Alignment, notes);
        }

        return notes;
    }

    private static int Count(ElfSection table, int entrySize, ElfError error)
    {
        if (table.EntrySize != (ulong)entrySize || table.Data.Length % entrySize != 0)
        {
            throw new ElfFormatException(error, table.Offset,
                $"{table.Name} has 0x{table.Data.Length:x} bytes in entries of {table.EntrySize}; whole entries of {entrySize} are expected");
        }

        return table.Data.Length / entrySize;
    }

    private static ElfSymbol Symbol(ElfSection table, int index, ReadOnlyMemory<byte> names, int sections, ElfLimits limits)
    {
        var entry = new ElfBytes(table.Data.Slice(index * SymbolSize, SymbolSize));
        var at = table.Offset + (ulong)(index * SymbolSize);
        var section = entry.U16(6);
        if (section >= sections && section is not (SpecialSection.Absolute or SpecialSection.Common))
        {
            throw new ElfFormatException(ElfError.BadSymbol, at + 6, $"symbol {index} is in section {section}, but there are {sections}");
        }

        return new ElfSymbol
        {
            Index = index,
            Name = ElfBytes.Text(names, entry.U32(0), limits.MaxNameLength, at),
            Value = entry.U64(8),
            Size = entry.U64(16),
            Binding = (SymbolBinding)(entry.U8(4) >> 4),
            Type = (SymbolType)(entry.U8(4) & 0xf),
            Section = section,
        };
    }

    private static ElfRelocation Relocation(ElfFile file, ElfSection section, ElfSection target, int index)
    {
        var entry = new ElfBytes(section.Data.Slice(index * ElfRelocation.Size, ElfRelocation.Size));
        var at = section.Offset + (ulong)(index * ElfRelocation.Size);
        var (offset, info) = (entry.U64(0), entry.U64(8));
        if (offset >= target.Size)
        {
            throw new ElfFormatException(ElfError.BadRelocation, at, $"relocation {index} of {target.Name} is at 0x{offset:x}, behind its 0x{target.Size:x} bytes");
        }

        if (info >> 32 >= (ulong)file.Symbols.Count)
        {
            throw new ElfFormatException(ElfError.BadRelocation, at + 12, $"relocation {index} of {target.Name} names symbol {info >> 32}, but there are {file.Symbols.Count}");
        }

        return new ElfRelocation(offset, (RelocationType)(uint)info, (int)(info >> 32), (long)entry.U64(16));
    }

    private static void ReadNotes(ReadOnlyMemory<byte> data, ulong offset, ulong alignment, List<ElfNote> notes)
    {
        var bytes = new ElfBytes(data);
        ulong step = alignment == 8 ? 8u : 4u;
        for (ulong at = 0; at + 12 <= bytes.Length;)
        {
            ulong nameSize = bytes.U32(at), descriptorSize = bytes.U32(at + 4);
            var descriptorAt = AlignUp(at + 12 + nameSize, step);
            var next = AlignUp(descriptorAt + descriptorSize, step);
            if (descriptorAt + descriptorSize > bytes.Length)
            {
                throw new ElfFormatException(ElfError.BadNote, offset + at, $"a note of 0x{nameSize:x} + 0x{descriptorSize:x} bytes runs out of its section");
            }

            var name = Encoding.UTF8.GetString(bytes.Slice(at + 12, nameSize, "a note's name").Span).TrimEnd('\0');
            notes.Add(new ElfNote(name, bytes.U32(at + 8), bytes.Slice(descriptorAt, descriptorSize, "a note")));
            at = next;
        }
    }

    private static ulong AlignUp(ulong value, ulong step) => (value + step - 1) & ~(step - 1);
}
