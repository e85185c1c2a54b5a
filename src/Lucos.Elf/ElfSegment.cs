namespace Lucos.Elf;

/// <summary>One program header.</summary>
public sealed record ElfSegment
{
    /// <summary>The type number of a segment to load.</summary>
    public const uint TypeLoad = 1;

    /// <summary>The type number of a segment of notes.</summary>
    public const uint TypeNote = 4;

    /// <summary>Type (p_type).</summary>
    public required uint Type { get; init; }

    /// <summary>Permissions.</summary>
    public required SegmentAccess Flags { get; init; }

    /// <summary>Offset in the file.</summary>
    public required ulong Offset { get; init; }

    /// <summary>Virtual address.</summary>
    public required ulong VirtualAddress { get; init; }

    /// <summary>Physical address.</summary>
    public required ulong PhysicalAddress { get; init; }

    /// <summary>Bytes in memory; those behind the contents are zero.</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>Alignment.</summary>
    public required ulong Alignment { get; init; }

    /// <summary>The contents from the file.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>First virtual address behind the segment.</summary>
    public ulong VirtualEnd => VirtualAddress + MemorySize;

    /// <summary>First physical address behind the segment.</summary>
    public ulong PhysicalEnd => PhysicalAddress + MemorySize;
}
