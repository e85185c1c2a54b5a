using Lucos.Elf;

namespace Lucos.Packaging;

/// <summary>Where a variable lies that a package names: in a section of the package, or in the kernel.</summary>
/// <param name="Section">Its section; null when it is the kernel's.</param>
/// <param name="Offset">Bytes from the start of the section, or of the kernel's symbol.</param>
/// <param name="Symbol">The kernel's symbol; in the package the symbol at that place, or null when there is none.</param>
public sealed record DataPlace(ElfSection? Section, ulong Offset, ElfSymbol? Symbol)
{
    /// <summary>Whether it is a variable of the kernel, as a name that the package leaves undefined.</summary>
    public bool IsOfKernel => Section is null;

    /// <summary>Name of the variable, or its section and offset.</summary>
    public string Name => (Section, Offset, Symbol) switch
    {
        (null, 0, { } symbol) => symbol.Name,
        (null, _, { } symbol) => $"{symbol.Name}+0x{Offset:x}",
        (_, _, { } symbol) => symbol.Name,
        _ => $"{Section?.Name}+0x{Offset:x}",
    };
}
