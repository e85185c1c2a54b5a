using System.Buffers.Binary;
using System.Text;

namespace Lucos.Vmm.Snapshots;

/// <summary>
/// Reads the content of a section back. Nothing it reads is believed: a length is checked against what is left before anything is
/// allocated, and whatever is wrong is a <see cref="SnapshotException"/> that names the section and the byte.
/// </summary>
public sealed class StateReader
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly StateSection _section;
    private int _at;

    /// <summary>Makes a reader of a section.</summary>
    public StateReader(StateSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        _section = section;
    }

    /// <summary>Bytes not read yet.</summary>
    public int Left => _section.Content.Length - _at;

    /// <summary>Reads a byte.</summary>
    public byte ReadByte() => Take(1)[0];

    /// <summary>Reads a truth value.</summary>
    public bool ReadFlag()
    {
        byte value = ReadByte();
        return value <= 1 ? value == 1 : throw Damaged($"{value} is no truth value");
    }

    /// <summary>Reads a 32-bit number.</summary>
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>Reads a 32-bit number that must lie in a range.</summary>
    /// <param name="least">The least allowed.</param>
    /// <param name="most">The greatest allowed.</param>
    public int ReadInt32(int least, int most)
    {
        int value = ReadInt32();
        return value >= least && value <= most ? value : throw Damaged($"{value} is not between {least} and {most}");
    }

    /// <summary>Reads a 32-bit number.</summary>
    public uint ReadUInt32() => unchecked((uint)ReadInt32());

    /// <summary>Reads a 64-bit number.</summary>
    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>Reads a 64-bit number.</summary>
    public long ReadInt64() => unchecked((long)ReadUInt64());

    /// <summary>Reads a double, bit for bit.</summary>
    public double ReadDouble() => BitConverter.Int64BitsToDouble(ReadInt64());

    /// <summary>Reads a byte string.</summary>
    /// <param name="most">Most bytes allowed.</param>
    public byte[] ReadBytes(int most = int.MaxValue)
    {
        int length = ReadInt32();
        return length >= 0 && length <= most ? Take(length).ToArray() : throw Damaged($"a length of {length} where at most {most} is allowed");
    }

    /// <summary>Reads a text.</summary>
    /// <param name="most">Most bytes of UTF-8 allowed.</param>
    public string ReadText(int most = 1 << 20)
    {
        try
        {
            return s_strict.GetString(ReadBytes(most));
        }
        catch (DecoderFallbackException)
        {
            throw Damaged("a text is no UTF-8");
        }
    }

    /// <summary>Reads the number of elements of a list.</summary>
    /// <param name="most">Most elements allowed.</param>
    /// <param name="leastBytesEach">Bytes that an element has at least: a list that can't fit in what is left is refused at once.</param>
    public int ReadCount(int most, int leastBytesEach = 1)
    {
        int count = ReadInt32(0, most);
        return (long)count * leastBytesEach <= Left ? count : throw Damaged($"{count} elements in {Left} bytes");
    }

    /// <summary>Reads the number of a value of an enumeration.</summary>
    public T ReadEnum<T>()
        where T : struct, Enum
    {
        int number = ReadInt32();
        T value = (T)Enum.ToObject(typeof(T), number);
        return Enum.IsDefined(value) ? value : throw Damaged($"{number} is no {typeof(T).Name}");
    }

    /// <summary>Makes the exception for a value that can't have been saved.</summary>
    /// <param name="problem">What is wrong with it.</param>
    public SnapshotException Damaged(string problem) =>
        new($"snapshot-damaged: section '{_section.Name}', before byte {_at}: {problem}");

    /// <summary>Reads bytes without a length in front; valid as long as the section is.</summary>
    internal ReadOnlySpan<byte> ReadExactly(int count) => Take(count);

    internal void RequireEnd()
    {
        if (Left != 0)
        {
            throw Damaged($"{Left} bytes too many");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
        {
            throw Damaged($"it ends, {count - Left} bytes are missing");
        }

        ReadOnlySpan<byte> taken = _section.Content.Span.Slice(_at, count);
        _at += count;
        return taken;
    }
}
