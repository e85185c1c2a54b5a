using System.Buffers.Binary;

namespace Lucos.Vmm.Cpu;

/// <summary>A 64-bit interrupt or trap gate (Intel SDM vol. 3 figure 6-8).</summary>
internal readonly struct Gate
{
    private readonly byte _attributes;

    internal Gate(ReadOnlySpan<byte> bytes)
    {
        Selector = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        Ist = (byte)(bytes[4] & 7);
        _attributes = bytes[5];
        Offset = BinaryPrimitives.ReadUInt16LittleEndian(bytes)
            | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]) << 16)
            | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) << 32);
    }

    internal ushort Selector { get; }

    internal byte Ist { get; }

    internal ulong Offset { get; }

    internal int Dpl => (_attributes >> 5) & 3;

    internal bool IsPresent => (_attributes & 0x80) != 0;

    internal bool IsInterruptOrTrap => (_attributes & 0x1f) is 0xe or 0xf;

    internal bool ClearsInterruptFlag => (_attributes & 0x1f) == 0xe;
}
