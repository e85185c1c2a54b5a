using System.Buffers.Binary;
using System.Text;

namespace Lucos.Elf;

/// <summary>
/// A relocatable object that can be changed and written again. Sections keep the order that they have in the file, so an
/// object that was not changed is written byte for byte as the assembler wrote it.
/// </summary>
public sealed class ElfObject
{
    private readonly byte[] _header;
    private readonly List<ObjectSection> _sections;
    private readonly ObjectSection _names;

    private ElfObject(byte[] header, List<ObjectSection> sections, ObjectSection names) =>
        (_header, _sections, _names) = (header, sections, names);

    /// <summary>The sections by index; number 0 is the null section.</summary>
    public IReadOnlyList<ObjectSection> Sections => _sections;

    /// <summary>Makes a changeable copy of a relocatable file.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="ElfFormatException">The file is not a relocatable object with named sections.</exception>
    public static ElfObject From(ElfFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Header.Type != ElfType.Relocatable || file.Segments.Count > 0)
        {
            throw new ElfFormatException(ElfError.WrongType, 16, $"type {file.Header.Type}; a relocatable object (gcc -c) is expected");
        }

        if (file.Header.SectionNamesIndex == 0 || file.Sections.Count == 0)
        {
            throw new ElfFormatException(ElfError.BadHeader, 62, "no section holds the sections' names");
        }

        List<ObjectSection> sections = [.. file.Sections.Select(section => new ObjectSection(section))];
        return new ElfObject(file.Bytes[..ElfHeader.Size].ToArray(), sections, sections[file.Header.SectionNamesIndex]);
    }

    /// <summary>The first section of a name, or null.</summary>
    /// <param name="name">The name.</param>
    public ObjectSection? Section(string name) => _sections.Find(section => section.Name == name);

    /// <summary>Adds a section behind the others.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="attributes">Its flags.</param>
    /// <param name="alignment">Its alignment, a power of two.</param>
    /// <param name="data">Its contents.</param>
    public ObjectSection Add(string name, SectionType type, SectionAttributes attributes, ulong alignment, byte[] data)
    {
        var nameOffset = (uint)_names.Data.Length;
        _names.Data = [.. _names.Data, .. Encoding.UTF8.GetBytes(name), 0];
        var section = new ObjectSection(name, nameOffset, type, attributes, alignment, data);
        _sections.Add(section);
        return section;
    }

    /// <summary>Writes the object: header, contents in file order, section table.</summary>
    public byte[] Write()
    {
        var output = new MemoryStream();
        output.Write(_header);
        foreach (var section in _sections.Skip(1).OrderBy(s => s.FileOrder).ThenBy(s => _sections.IndexOf(s)))
        {
            PadTo(output, Math.Max(section.Alignment, 1));
            section.Offset = (ulong)output.Position;
            output.Write(section.Data);
        }

        PadTo(output, sizeof(ulong));
        var table = (ulong)output.Position;
        foreach (var section in _sections)
        {
            output.Write(section.Header());
        }

        var bytes = output.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), table);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(60), checked((ushort)_sections.Count));
        return bytes;
    }

    private static void PadTo(MemoryStream output, ulong alignment)
    {
        while ((ulong)output.Position % alignment != 0)
        {
            output.WriteByte(0);
        }
    }
}
