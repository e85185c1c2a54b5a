namespace Lucos.Elf;

/// <summary>Section indices with a meaning of their own (st_shndx).</summary>
public static class SpecialSection
{
    /// <summary>The symbol is not defined here.</summary>
    public const ushort Undefined = 0;

    /// <summary>First of the reserved indices.</summary>
    public const ushort FirstReserved = 0xff00;

    /// <summary>The symbol's value is absolute.</summary>
    public const ushort Absolute = 0xfff1;

    /// <summary>A common block that the linker has yet to place.</summary>
    public const ushort Common = 0xfff2;

    /// <summary>The index is in another section.</summary>
    public const ushort Extended = 0xffff;
}
