using Lucos.Elf;

namespace Lucos.Packaging;

/// <summary>Where a function of a package lies.</summary>
/// <param name="Section">Its section.</param>
/// <param name="Offset">Bytes from the section's start.</param>
/// <param name="Symbol">The function's symbol; null when the package has none for that place.</param>
public sealed record CodePlace(ElfSection Section, ulong Offset, ElfSymbol? Symbol)
{
    /// <summary>Name of the function, or its section and offset.</summary>
    public string Name => Symbol?.Name ?? $"{Section.Name}+0x{Offset:x}";

    /// <summary>Bytes from the place to the end of its section.</summary>
    public ulong Room => Section.Size - Offset;
}
