using System.Buffers.Binary;
using System.Text;

namespace Lucos.Elf;

/// <summary>A file's bytes with checked access: every offset that comes from the file passes here.</summary>
/// <param name="memory">The bytes.</param>
internal readonly struct ElfBytes(ReadOnlyMemory<byte> memory)
{
    public ReadOnlyMemory<byte> Memory { get; } = memory;

    public ulong Length => (ulong)Memory.Length;

    public ReadOnlyMemory<byte> Slice(ulong offset, ulong size, string what) =>
        offset <= Length && size <= Length - offset
            ? Memory.Slice((int)offset, (int)size)
            : throw new ElfFormatException(ElfError.Truncated, offset, $"{what} (0x{size:x} bytes) reaches beyond the file's 0x{Length:x} bytes");

    public byte U8(ulong offset) => Slice(offset, 1, "a byte").Span[0];

    public ushort U16(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, 2, "a 16-bit field").Span);

    public uint U32(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, 4, "a 32-bit field").Span);

    public ulong U64(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, 8, "a 64-bit field").Span);

    /// <summary>Reads a string of a string table that was cut out of the file already.</summary>
    public static string Text(ReadOnlyMemory<byte> table, uint start, int maxLength, ulong usedAt)
    {
        if (start >= table.Length)
        {
            return start == 0 ? "" : throw new ElfFormatException(ElfError.BadString, usedAt, $"name 0x{start:x} is outside its string table of 0x{table.Length:x} bytes");
        }

        var rest = table.Span[(int)start..];
        var end = rest[..Math.Min(rest.Length, maxLength + 1)].IndexOf((byte)0);
        return end >= 0
            ? Encoding.UTF8.GetString(rest[..end])
            : throw new ElfFormatException(ElfError.BadString, usedAt, $"name 0x{start:x} does not end within {maxLength} bytes of its table");
    }
}
