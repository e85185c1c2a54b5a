using System.Buffers.Binary;

namespace Lucos.Elf;

/// <summary>A section of an <see cref="ElfObject"/>.</summary>
public sealed class ObjectSection
{
    private readonly uint _nameOffset;
    private readonly ulong _nobitsSize;
    private readonly ulong _entrySize;
    private readonly uint _link;
    private readonly uint _info;

    internal ObjectSection(ElfSection section)
    {
        (Name, _nameOffset, Type, Attributes, Alignment) = (section.Name, section.NameOffset, section.Type, section.Flags, section.Alignment);
        (_link, _info, _entrySize, FileOrder) = (section.Link, section.Info, section.EntrySize, section.Offset);
        (Data, Offset) = (section.Data.ToArray(), section.Offset);
        _nobitsSize = section.Type is SectionType.Nobits or SectionType.Null ? section.Size : 0;
    }

    internal ObjectSection(string name, uint nameOffset, SectionType type, SectionAttributes attributes, ulong alignment, byte[] data) =>
        (Name, _nameOffset, Type, Attributes, Alignment, Data, FileOrder) = (name, nameOffset, type, attributes, alignment, data, ulong.MaxValue);

    /// <summary>Name.</summary>
    public string Name { get; }

    /// <summary>Type.</summary>
    public SectionType Type { get; }

    /// <summary>Flags.</summary>
    public SectionAttributes Attributes { get; }

    /// <summary>Alignment.</summary>
    public ulong Alignment { get; }

    /// <summary>The contents; empty for a section that takes no room in the file.</summary>
    public byte[] Data { get; set; }

    /// <summary>Where the contents were written last.</summary>
    public ulong Offset { get; internal set; }

    internal ulong FileOrder { get; }

    internal byte[] Header()
    {
        var header = new byte[ElfHeader.SectionHeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, _nameOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)Type);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), (ulong)Attributes);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), Math.Max((ulong)Data.Length, _nobitsSize));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(40), _link);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(44), _info);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(48), Alignment);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(56), _entrySize);
        return header;
    }
}
