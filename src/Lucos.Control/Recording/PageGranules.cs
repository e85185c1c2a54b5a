using System.Buffers.Binary;
using System.Numerics;

namespace Lucos.Control.Recording;

/// <summary>
/// 16 bits of a hash for every 16 bytes of a page: enough to say which bytes of a page differ, in an eighth of its room. What differs passes for
/// equal once in 65,536 times; that the page differs is told by its own hash.
/// </summary>
internal static class PageGranules
{
    /// <summary>Bytes of a page that share a hash.</summary>
    internal const int Size = 16;

    /// <summary>Hashes of a page.</summary>
    internal const int Count = 4096 / Size;

    /// <summary>Bytes that the hashes of a page take.</summary>
    internal const int Bytes = Count * sizeof(ushort);

    /// <summary>Hashes a page.</summary>
    /// <param name="page">Its 4096 bytes.</param>
    /// <param name="hashes">Takes <see cref="Bytes"/>.</param>
    internal static void Hash(ReadOnlySpan<byte> page, Span<byte> hashes)
    {
        for (var i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(hashes[(i * sizeof(ushort))..], HashOf(page.Slice(i * Size, Size)));
        }
    }

    private static ushort HashOf(ReadOnlySpan<byte> granule)
    {
        var first = BinaryPrimitives.ReadUInt64LittleEndian(granule) * 0x9e37_79b9_7f4a_7c15;
        var second = BinaryPrimitives.ReadUInt64LittleEndian(granule[sizeof(ulong)..]) * 0xd6e8_feb8_6659_fd93;
        return (ushort)(((first ^ BitOperations.RotateLeft(second, 31)) * 0xbf58_476d_1ce4_e5b9) >> 48);
    }
}
