namespace Lucos.Elf;

/// <summary>Types of ELF file (e_type).</summary>
public enum ElfType : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Relocatable object.</summary>
    Relocatable = 1,

    /// <summary>Executable at fixed addresses.</summary>
    Executable = 2,

    /// <summary>Shared object or position-independent executable.</summary>
    Shared = 3,

    /// <summary>Core file.</summary>
    Core = 4,
}
