namespace Lucos.Elf;

/// <summary>One section of an ELF file.</summary>
public sealed record ElfSection
{
    /// <summary>Position in the section table.</summary>
    public required int Index { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Offset of the name in the table of names.</summary>
    public required uint NameOffset { get; init; }

    /// <summary>Type.</summary>
    public required SectionType Type { get; init; }

    /// <summary>Flags.</summary>
    public required SectionAttributes Flags { get; init; }

    /// <summary>Virtual address, zero in a relocatable file.</summary>
    public required ulong Address { get; init; }

    /// <summary>Offset in the file.</summary>
    public required ulong Offset { get; init; }

    /// <summary>Bytes in memory.</summary>
    public required ulong Size { get; init; }

    /// <summary>Index of a section that belongs to this one; what it is depends on the type.</summary>
    public required uint Link { get; init; }

    /// <summary>Depends on the type: a relocation section's target.</summary>
    public required uint Info { get; init; }

    /// <summary>Alignment, a power of two or zero.</summary>
    public required ulong Alignment { get; init; }

    /// <summary>Bytes of an entry of a table.</summary>
    public required ulong EntrySize { get; init; }

    /// <summary>The contents; empty when the section takes no room in the file.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Whether the section is in memory at run time.</summary>
    public bool IsAllocated => Flags.HasFlag(SectionAttributes.Alloc);

    /// <summary>Whether the section holds code.</summary>
    public bool IsCode => Flags.HasFlag(SectionAttributes.Execute);
}
