using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Lucos.Vmm.Snapshots;

/// <summary>Writes the content of a section: little-endian numbers, and texts and byte strings with their length in front.</summary>
public sealed class StateWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>What was written so far.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <summary>Writes a byte.</summary>
    public void WriteByte(byte value) => _buffer.Write([value]);

    /// <summary>Writes a truth value.</summary>
    public void WriteFlag(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    /// <summary>Writes a 32-bit number.</summary>
    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(sizeof(int)), value);
        _buffer.Advance(sizeof(int));
    }

    /// <summary>Writes a 32-bit number.</summary>
    public void WriteUInt32(uint value) => WriteInt32(unchecked((int)value));

    /// <summary>Writes a 64-bit number.</summary>
    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(sizeof(ulong)), value);
        _buffer.Advance(sizeof(ulong));
    }

    /// <summary>Writes a 64-bit number.</summary>
    public void WriteInt64(long value) => WriteUInt64(unchecked((ulong)value));

    /// <summary>Writes a double, bit for bit.</summary>
    public void WriteDouble(double value) => WriteInt64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Writes a byte string with its length.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteInt32(value.Length);
        _buffer.Write(value);
    }

    /// <summary>Writes a text, as UTF-8 with its length in bytes.</summary>
    public void WriteText(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        WriteBytes(Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Writes the number of elements of a list, which the caller writes next.</summary>
    public void WriteCount(int count) => WriteInt32(count);
}
