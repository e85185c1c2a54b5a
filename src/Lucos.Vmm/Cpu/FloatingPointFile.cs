namespace Lucos.Vmm.Cpu;

/// <summary>
/// A copy of a processor's x87 and SSE registers. Change a copy and assign it back to <see cref="Vcpu.FloatingPoint"/>: registers and control
/// word are written; status words and tags are read-only here.
/// </summary>
public sealed class FloatingPointFile
{
    /// <summary>Registers of the x87 unit.</summary>
    public const int X87Count = 8;

    /// <summary>Bytes of each of them.</summary>
    public const int X87Length = 10;

    /// <summary>Registers of the SSE unit.</summary>
    public const int VectorCount = 16;

    /// <summary>Bytes of each of them.</summary>
    public const int VectorLength = 16;

    private readonly byte[] _x87 = new byte[X87Count * X87Length];
    private readonly byte[] _vectors = new byte[VectorCount * VectorLength];

    /// <summary>The x87 control word.</summary>
    public ushort ControlWord { get; set; }

    /// <summary>The x87 status word.</summary>
    public ushort StatusWord { get; set; }

    /// <summary>The x87 tag word.</summary>
    public ushort TagWord { get; set; }

    /// <summary>MXCSR.</summary>
    public uint Mxcsr { get; set; }

    /// <summary>ST(<paramref name="index"/>), little-endian.</summary>
    public Span<byte> X87(int index) => _x87.AsSpan(index * X87Length, X87Length);

    /// <summary>XMM<paramref name="index"/>, little-endian.</summary>
    public Span<byte> Vector(int index) => _vectors.AsSpan(index * VectorLength, VectorLength);

    /// <summary>Whether what can be written is the same in two copies.</summary>
    public bool HasSameContent(FloatingPointFile other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ControlWord == other.ControlWord && _x87.AsSpan().SequenceEqual(other._x87) && _vectors.AsSpan().SequenceEqual(other._vectors);
    }
}
