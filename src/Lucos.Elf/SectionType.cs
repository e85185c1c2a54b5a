namespace Lucos.Elf;

/// <summary>Types of section (sh_type) that this library knows.</summary>
public enum SectionType : uint
{
    /// <summary>No section.</summary>
    Null = 0,

    /// <summary>Contents defined by the program.</summary>
    Progbits = 1,

    /// <summary>Symbol table.</summary>
    Symtab = 2,

    /// <summary>String table.</summary>
    Strtab = 3,

    /// <summary>Relocations with addends.</summary>
    Rela = 4,

    /// <summary>Notes.</summary>
    Note = 7,

    /// <summary>Zeroes that take no room in the file.</summary>
    Nobits = 8,

    /// <summary>Relocations without addends.</summary>
    Rel = 9,

    /// <summary>Dynamic symbol table.</summary>
    Dynsym = 11,

    /// <summary>Section group.</summary>
    Group = 17,

    /// <summary>Section indices that do not fit a symbol.</summary>
    SymtabShndx = 18,
}
