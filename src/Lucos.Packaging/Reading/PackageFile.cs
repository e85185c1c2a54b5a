using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Reading;

/// <summary>A relocatable object whose structure a package may have, with access to its arrays.</summary>
internal sealed class PackageFile
{
    // Segments have no limit of their own: a package with any is refused, as not being an object rather than as too large.
    private static readonly ElfLimits s_limits =
        new(MaxSegments: ushort.MaxValue, MaxSections: (int)UpdateLimits.MaxSections, MaxSymbols: (int)UpdateLimits.MaxSymbols);

    private readonly Dictionary<(int Section, ulong Offset), ElfSymbol> _functions;
    private readonly Dictionary<(int Section, ulong Offset), ElfSymbol> _objects;

    private PackageFile(ElfFile elf)
    {
        Elf = elf;
        _functions = ByPlace(SymbolType.Function);
        _objects = ByPlace(SymbolType.Data);
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

    /// <summary>All relocations of a section's contents.</summary>
    public IEnumerable<ElfRelocation> RelocationsOf(string name)
    {
        var target = Elf.Section(name);
        return target is null ? [] : Elf.Sections.Where(s => s.Type == SectionType.Rela && s.Info == (uint)target.Index).SelectMany(Elf.Relocations);
    }

    /// <summary>The code of the package that a relocation leads to; null when it leads elsewhere.</summary>
    public CodePlace? Code(ElfRelocation relocation) => Place(relocation) is ({ IsCode: true, IsAllocated: true } section, var at) && at < section.Size
        ? new CodePlace(section, at, _functions.GetValueOrDefault((section.Index, at)))
        : null;

    /// <summary>The place in a section of the package, or behind a symbol of the kernel, that a relocation leads to; null when it leads elsewhere.</summary>
    public DataPlace? Data(ElfRelocation relocation)
    {
        var symbol = Elf.Symbols[relocation.Symbol];
        if (symbol is { Index: > 0, IsDefined: false, Name.Length: > 0 })
        {
            return new DataPlace(null, unchecked((ulong)relocation.Addend), symbol);
        }

        return Place(relocation) is var (section, at) ? new DataPlace(section, at, _objects.GetValueOrDefault((section.Index, at))) : null;
    }

    private Dictionary<(int Section, ulong Offset), ElfSymbol> ByPlace(SymbolType type)
    {
        var symbols = new Dictionary<(int, ulong), ElfSymbol>();
        foreach (var symbol in Elf.Symbols.Where(s => s.IsDefined && s.Type == type))
        {
            symbols.TryAdd((symbol.Section, symbol.Value), symbol);
        }

        return symbols;
    }

    private (ElfSection Section, ulong Offset)? Place(ElfRelocation relocation)
    {
        var symbol = Elf.Symbols[relocation.Symbol];
        return symbol.IsDefined && symbol.Section < Elf.Sections.Count
            ? (Elf.Sections[symbol.Section], unchecked(symbol.Value + (ulong)relocation.Addend))
            : null;
    }
}
