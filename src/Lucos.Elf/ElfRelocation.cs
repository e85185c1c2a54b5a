namespace Lucos.Elf;

/// <summary>One relocation with addend.</summary>
/// <param name="Offset">Where, from the start of the section that is relocated.</param>
/// <param name="Type">Kind; the number may be one that this library does not know.</param>
/// <param name="Symbol">Index of the symbol.</param>
/// <param name="Addend">What is added.</param>
public readonly record struct ElfRelocation(ulong Offset, RelocationType Type, int Symbol, long Addend)
{
    /// <summary>Bytes of an entry in the file.</summary>
    public const int Size = 24;
}
