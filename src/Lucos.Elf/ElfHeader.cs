namespace Lucos.Elf;

/// <summary>The fields of an ELF header that a reader needs.</summary>
/// <param name="Type">Type of file.</param>
/// <param name="Machine">Machine; 62 is x86-64.</param>
/// <param name="Entry">Address of the entry point.</param>
/// <param name="Flags">Processor-specific flags.</param>
/// <param name="SectionNamesIndex">Index of the section that holds the sections' names.</param>
public sealed record ElfHeader(ElfType Type, ushort Machine, ulong Entry, uint Flags, int SectionNamesIndex)
{
    /// <summary>Bytes of an ELF64 header.</summary>
    public const int Size = 64;

    /// <summary>Bytes of a program header.</summary>
    public const int SegmentHeaderSize = 56;

    /// <summary>Bytes of a section header.</summary>
    public const int SectionHeaderSize = 64;

    /// <summary>The machine number of x86-64.</summary>
    public const ushort MachineX64 = 62;
}
