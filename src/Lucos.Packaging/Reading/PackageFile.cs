using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Reading;

/// <summary>A relocatable object whose structure a package may have, with access to its arrays.</summary>
internal sealed class PackageFile
{
    // Segments have no limit of their own: a package with any is refused, as not being an object rather than as too large.
    private static readonly ElfLimits s_limits =
        new(MaxSegments: ushort.MaxValue, MaxSections: (int)UpdateLimits.MaxSections, MaxSymbols: (int)UpdateLimits.MaxSymbols);

    private readonly Dictionary<(int Section, ulong Offset), ElfSymbol> _functions = [];

    private PackageFile(ElfFile elf)
    {
        Elf = elf;
        foreach (var symbol in elf.Symbols.Where(s => s.IsDefined && s.Type == SymbolType.Function))
        {
            _functions.TryAdd((symbol.Section, symbol.Value), symbol);
        }
    }

    public ElfFile Elf { get; }

    /// <summary>Opens an object; null, with diagnostics, when a package can't have that structure.</summary>
    /// <exception cref="ElfFormatException">The bytes are not a well-formed ELF64 file.</exception>
    public static PackageFile? Open(ReadOnlyMemory<byte> bytes, DiagnosticBag diagnostics)
    {
        if (bytes.Length > UpdateLimits.MaxPackageBytes)
        {
            diagnostics.Add(Refusal.TooLarge, "package", $"{bytes.Length} bytes, at most {UpdateLimits.MaxPackageBytes} are taken");
            return null;
        }

        var elf = ElfFile.Parse(bytes, s_limits);
        StructureCheck.Run(elf, diagnostics);
        return diagnostics.HasAny ? null : new PackageFile(elf);
    }

    /// <summary>The only section of a name; null when there is none, and a diagnostic when there are several.</summary>
    public ElfSection? Section(string name, DiagnosticBag diagnostics)
    {
        ElfSection[] found = [.. Elf.Sections.Where(s => s.Index > 0 && s.Name == name)];
        if (found.Length > 1)
        {
            diagnostics.Add(Refusal.BadPackage, name, $"there are {found.Length} sections of this name");
            return null;
        }

        if (found is [{ Type: SectionType.Nobits }])
        {
            diagnostics.Add(Refusal.BadPackage, name, "the section has no contents in the file");
            return null;
        }

        return found.FirstOrDefault();
    }

    /// <summary>The entries of an array section; none when it is missing.</summary>
    public T[] Array<T>(string name, uint limit, DiagnosticBag diagnostics)
        where T : unmanaged, IWireStruct
    {
        var section = Section(name, diagnostics);
        if (section is null)
        {
            return [];
        }

        if (!WireCodec.TryReadArray<T>(section.Data.Span, out var values))
        {
            diagnostics.Add(Refusal.BadPackage, name, $"{section.Data.Length} bytes are no whole number of {WireCodec.SizeOf<T>()}-byte entries");
        }
        else if (values.Length > limit)
        {
            diagnostics.Add(Refusal.TooLarge, name, $"{values.Length} entries, at most {limit} are taken");
            return [];
        }

        return values;
    }

    /// <summary>Relocations of a section by the place that they fill; a place that two fill is left out.</summary>
    public Dictionary<ulong, ElfRelocation> RelocationsOf(string name)
    {
        var target = Elf.Section(name);
        return target is null ? [] : Elf.Sections
            .Where(s => s.Type == SectionType.Rela && s.Info == (uint)target.Index)
            .SelectMany(Elf.Relocations)
            .GroupBy(r => r.Offset)
            .Where(g => g.Count() == 1)
            .ToDictionary(g => g.Key, g => g.First());
    }

    /// <summary>Follows the address that a relocation makes, into code of the package; null when it leads elsewhere.</summary>
    public CodePlace? Follow(Dictionary<ulong, ElfRelocation> relocations, ulong offset)
    {
        if (!relocations.TryGetValue(offset, out var relocation) || relocation.Type != RelocationType.Abs64)
        {
            return null;
        }

        var symbol = Elf.Symbols[relocation.Symbol];
        if (!symbol.IsDefined || symbol.Section >= Elf.Sections.Count)
        {
            return null;
        }

        var section = Elf.Sections[symbol.Section];
        var at = unchecked(symbol.Value + (ulong)relocation.Addend);
        return section is { IsCode: true, IsAllocated: true } && at < section.Size
            ? new CodePlace(section, at, _functions.GetValueOrDefault((section.Index, at)))
            : null;
    }
}
