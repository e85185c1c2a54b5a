namespace Lucos.Elf;

/// <summary>What can be wrong with an ELF file. The identifiers (<see cref="ElfErrors.Id"/>) are stable.</summary>
public enum ElfError
{
    /// <summary>The file does not start with the ELF magic number.</summary>
    NotElf,

    /// <summary>A 32-bit file; this library reads 64-bit ones.</summary>
    Elf32,

    /// <summary>A big-endian file, or another unsupported encoding or version.</summary>
    UnsupportedEncoding,

    /// <summary>A machine other than x86-64.</summary>
    WrongMachine,

    /// <summary>Another type of file than was asked for (executable, relocatable).</summary>
    WrongType,

    /// <summary>A header field has an impossible value.</summary>
    BadHeader,

    /// <summary>Something lies outside the file.</summary>
    Truncated,

    /// <summary>More entries than the limit allows.</summary>
    TooMany,

    /// <summary>A string is not in its table, not ended, or too long.</summary>
    BadString,

    /// <summary>A section header has an impossible value.</summary>
    BadSection,

    /// <summary>A program header has an impossible value.</summary>
    BadSegment,

    /// <summary>A symbol has an impossible value.</summary>
    BadSymbol,

    /// <summary>A relocation has an impossible value.</summary>
    BadRelocation,

    /// <summary>A note runs out of its section.</summary>
    BadNote,

    /// <summary>A kernel image without a segment to load.</summary>
    NoSegments,

    /// <summary>A kernel image without an entry point inside its segments.</summary>
    NoEntry,

    /// <summary>Segments of a kernel image overlap.</summary>
    Overlap,

    /// <summary>A kernel image lies in the reserved part of memory.</summary>
    Reserved,

    /// <summary>A kernel image does not fit the memory that it is given.</summary>
    TooLarge,

    /// <summary>A kernel image without a GNU build-id.</summary>
    NoBuildId,
}
