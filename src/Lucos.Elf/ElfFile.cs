namespace Lucos.Elf;

/// <summary>
/// A parsed ELF64 x86-64 file. The input is taken for hostile: every offset, size and index is checked, and
/// <see cref="ElfFormatException"/> is the only exception that reading throws.
/// </summary>
public sealed class ElfFile
{
    private readonly Dictionary<string, ElfSection> _byName;

    internal ElfFile(ReadOnlyMemory<byte> bytes, ElfHeader header, IReadOnlyList<ElfSegment> segments, IReadOnlyList<ElfSection> sections, IReadOnlyList<ElfSymbol> symbols)
    {
        (Bytes, Header, Segments, Sections, Symbols) = (bytes, header, segments, sections, symbols);
        _byName = [];
        foreach (var section in sections.Where(s => s.Type != SectionType.Null))
        {
            _byName.TryAdd(section.Name, section);
        }
    }

    /// <summary>The whole file.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The header.</summary>
    public ElfHeader Header { get; }

    /// <summary>The program headers.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>The sections; number 0 is the null section.</summary>
    public IReadOnlyList<ElfSection> Sections { get; }

    /// <summary>The symbols of the symbol table; number 0 is the null symbol. Empty when the file has been stripped.</summary>
    public IReadOnlyList<ElfSymbol> Symbols { get; }

    /// <summary>Parses a file.</summary>
    /// <param name="bytes">The whole file; it is kept, not copied.</param>
    /// <param name="limits">How much is accepted; null for the defaults.</param>
    /// <exception cref="ElfFormatException">The file is not a well-formed ELF64 file for x86-64.</exception>
    public static ElfFile Parse(ReadOnlyMemory<byte> bytes, ElfLimits? limits = null) => new ElfParser(bytes, limits ?? new ElfLimits()).Parse();

    /// <summary>Parses a file, for callers that collect diagnostics.</summary>
    /// <param name="bytes">The whole file; it is kept, not copied.</param>
    /// <param name="limits">How much is accepted; null for the defaults.</param>
    /// <param name="error">What is wrong, or null.</param>
    /// <returns>The file, or null.</returns>
    public static ElfFile? TryParse(ReadOnlyMemory<byte> bytes, ElfLimits? limits, out ElfFormatException? error)
    {
        try
        {
            error = null;
            return Parse(bytes, limits);
        }
        catch (ElfFormatException e)
        {
            error = e;
            return null;
        }
    }

    /// <summary>The first section of a name, or null.</summary>
    /// <param name="name">The name.</param>
    public ElfSection? Section(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The section that holds the relocations of another, or null.</summary>
    /// <param name="target">The section that is relocated.</param>
    public ElfSection? RelocationSectionOf(ElfSection target) =>
        Sections.FirstOrDefault(s => s.Type == SectionType.Rela && s.Info == (uint)target.Index);

    /// <summary>Reads the entries of a relocation section.</summary>
    /// <param name="section">A section of type <see cref="SectionType.Rela"/>.</param>
    /// <exception cref="ElfFormatException">An entry names a symbol or a place that does not exist.</exception>
    public IReadOnlyList<ElfRelocation> Relocations(ElfSection section) => ElfTables.Relocations(this, section);

    /// <summary>Reads the notes of all note segments or, in a file without segments, of all note sections.</summary>
    /// <exception cref="ElfFormatException">A note runs out of its section.</exception>
    public IReadOnlyList<ElfNote> Notes() => ElfTables.Notes(this);
}
