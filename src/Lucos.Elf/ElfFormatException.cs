namespace Lucos.Elf;

/// <summary>An ELF file that can't be used. The only exception that reading one throws, whatever its bytes are.</summary>
public sealed class ElfFormatException : FormatException
{
    /// <summary>Describes what is wrong.</summary>
    /// <param name="error">What kind of thing is wrong.</param>
    /// <param name="offset">Offset in the file where it is wrong; 0 when it concerns the whole file.</param>
    /// <param name="detail">What is wrong and, where there is something, what to do.</param>
    public ElfFormatException(ElfError error, ulong offset, string detail)
        : base($"{error.Id()} at offset 0x{offset:x}: {detail}") =>
        (Error, Offset, Detail) = (error, offset, detail);

    /// <summary>What kind of thing is wrong.</summary>
    public ElfError Error { get; }

    /// <summary>Offset in the file where it is wrong.</summary>
    public ulong Offset { get; }

    /// <summary>What is wrong, without identifier and offset.</summary>
    public string Detail { get; }
}
