using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Reading;

/// <summary>What must hold of an object before the guest's loader may touch it.</summary>
internal static class StructureCheck
{
    public static void Run(ElfFile elf, DiagnosticBag diagnostics)
    {
        if (elf.Header.Type != ElfType.Relocatable || elf.Segments.Count > 0)
        {
            diagnostics.Add(Refusal.BadPackage, "package", $"ELF type {elf.Header.Type}; a relocatable object (gcc -c) is expected");
            return;
        }

        Sections(elf, diagnostics);
        if (!diagnostics.HasAny)
        {
            Symbols(elf, diagnostics);
            Relocations(elf, diagnostics);
        }
    }

    private static void Sections(ElfFile elf, DiagnosticBag diagnostics)
    {
        if (elf.Sections.Count == 0 || elf.Header.SectionNamesIndex == 0 || !EndsInNul(elf.Sections[elf.Header.SectionNamesIndex]))
        {
            diagnostics.Add(Refusal.BadPackage, "package", "the names of the sections are not in a string table that ends in NUL");
        }

        if (elf.Sections.Count == 0 || elf.Sections[0] is not { Type: SectionType.Null, Size: 0 } first || first.Offset > (ulong)elf.Bytes.Length)
        {
            diagnostics.Add(Refusal.BadPackage, "section 0", "is not the empty null section");
        }

        if (elf.Sections.Sum(s => (long)s.Data.Length) > elf.Bytes.Length)
        {
            diagnostics.Add(Refusal.BadPackage, "package", "sections overlap in the file");
        }

        ulong loaded = 0;
        foreach (var section in elf.Sections)
        {
            loaded = Section(section, loaded, diagnostics);
        }
    }

    private static ulong Section(ElfSection section, ulong loaded, DiagnosticBag diagnostics)
    {
        var where = $"section {section.Index} ({section.Name})";
        if (section is { Type: SectionType.Null, Index: > 0 })
        {
            diagnostics.Add(Refusal.BadPackage, where, "a null section that is not the first");
        }

        if (section.Type == SectionType.Rel)
        {
            diagnostics.Add(Refusal.BadPackage, where, "relocations without addends; x86-64 uses those with addends");
        }

        if (section.Alignment > UpdateLimits.MaxSectionAlignment)
        {
            diagnostics.Add(Refusal.BadPackage, where, $"alignment {section.Alignment}, at most {UpdateLimits.MaxSectionAlignment} is taken");
        }

        if (!section.IsAllocated)
        {
            return loaded;
        }

        if (section.Size > UpdateLimits.MaxLoadedBytes - loaded)
        {
            diagnostics.Add(Refusal.TooLarge, where, $"the sections take more than {UpdateLimits.MaxLoadedBytes} bytes when they are loaded");
            return loaded;
        }

        return loaded + section.Size;
    }

    private static void Symbols(ElfFile elf, DiagnosticBag diagnostics)
    {
        ElfSection[] tables = [.. elf.Sections.Where(s => s.Type == SectionType.Symtab)];
        if (tables.Length != 1 || elf.Symbols.Count == 0)
        {
            diagnostics.Add(Refusal.BadPackage, "package", $"{tables.Length} symbol tables, one that is not empty is expected; do not strip the object");
            return;
        }

        if (!EndsInNul(elf.Sections[(int)tables[0].Link]))
        {
            diagnostics.Add(Refusal.BadPackage, tables[0].Name, "the names of the symbols are not in a string table that ends in NUL");
        }

        foreach (var symbol in elf.Symbols.Where(s => s.IsDefined && s.Section != SpecialSection.Absolute))
        {
            Symbol(elf, symbol, diagnostics);
        }
    }

    private static void Symbol(ElfFile elf, ElfSymbol symbol, DiagnosticBag diagnostics)
    {
        var where = $"symbol {symbol.Index} ({symbol.Name})";
        if (symbol.Section >= elf.Sections.Count)
        {
            diagnostics.Add(Refusal.BadPackage, where, "a common block; compile with -fno-common");
            return;
        }

        var size = elf.Sections[symbol.Section].Size;
        if (symbol.Value > size || symbol.Size > size - symbol.Value)
        {
            diagnostics.Add(Refusal.BadPackage, where, $"0x{symbol.Value:x}+0x{symbol.Size:x} leaves its section of 0x{size:x} bytes");
        }
    }

    private static void Relocations(ElfFile elf, DiagnosticBag diagnostics)
    {
        var symbols = elf.Sections.FirstOrDefault(s => s.Type == SectionType.Symtab)?.Index;
        foreach (var table in elf.Sections.Where(s => s.Type == SectionType.Rela))
        {
            if (table.Link != (uint?)symbols)
            {
                diagnostics.Add(Refusal.BadPackage, table.Name, $"its symbols are in section {table.Link}, not in the symbol table");
                continue;
            }

            foreach (var relocation in elf.Relocations(table))
            {
                Relocation(elf, elf.Sections[(int)table.Info], relocation, diagnostics);
            }
        }
    }

    private static void Relocation(ElfFile elf, ElfSection target, ElfRelocation relocation, DiagnosticBag diagnostics)
    {
        var where = $"{target.Name}+0x{relocation.Offset:x}";
        if (Width(relocation.Type) is not { } width)
        {
            diagnostics.Add(Refusal.BadPackage, where, $"relocation type {(uint)relocation.Type} is not one that the kernel's loader knows; compile with the kernel's flags");
        }
        else if (target.Type == SectionType.Nobits || width > target.Size - relocation.Offset)
        {
            diagnostics.Add(Refusal.BadPackage, where, $"a relocation of {width} bytes leaves the section's contents");
        }
        else if (target.IsAllocated && width > 0 && SectionOf(elf, relocation) is { } other && (!other.IsAllocated || other.Size == 0))
        {
            diagnostics.Add(Refusal.BadPackage, where, $"a relocation leads into {other.Name}, which is {(other.IsAllocated ? "empty" : "not loaded")}");
        }
    }

    private static ElfSection? SectionOf(ElfFile elf, ElfRelocation relocation) =>
        relocation.Symbol < elf.Symbols.Count && elf.Symbols[relocation.Symbol] is { IsDefined: true } symbol && symbol.Section < elf.Sections.Count
            ? elf.Sections[symbol.Section]
            : null;

    private static ulong? Width(RelocationType type) => type switch
    {
        RelocationType.None => 0,
        RelocationType.Abs64 or RelocationType.Pc64 => 8,
        RelocationType.Pc32 or RelocationType.Plt32 or RelocationType.Abs32 or RelocationType.Abs32Signed => 4,
        _ => null,
    };

    private static bool EndsInNul(ElfSection section) =>
        section is { Type: SectionType.Strtab, Data.IsEmpty: false } && section.Data.Span[^1] == 0;
}
