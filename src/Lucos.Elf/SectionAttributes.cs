namespace Lucos.Elf;

/// <summary>Flags of a section (sh_flags).</summary>
[Flags]
public enum SectionAttributes : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Writable at run time.</summary>
    Write = 1,

    /// <summary>In memory at run time.</summary>
    Alloc = 2,

    /// <summary>Code.</summary>
    Execute = 4,

    /// <summary>May be merged.</summary>
    Merge = 0x10,

    /// <summary>Holds strings.</summary>
    Strings = 0x20,

    /// <summary>The info field is a section index.</summary>
    InfoLink = 0x40,

    /// <summary>Member of a section group.</summary>
    Group = 0x200,

    /// <summary>Thread-local storage.</summary>
    Tls = 0x400,

    /// <summary>Compressed contents.</summary>
    Compressed = 0x800,
}
