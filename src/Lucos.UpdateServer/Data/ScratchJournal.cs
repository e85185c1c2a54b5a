using System.Numerics;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Data;

/// <summary>
/// The bytes that lay in scratch before transfers stored there, one journal for all transfers of an APPLY or ROLLBACK. A byte is kept once, however often it
/// is stored to, so the journal is never larger than the scratch.
/// </summary>
internal sealed class ScratchJournal(IGuest guest)
{
    private const int LineSize = 64;

    private readonly Dictionary<ulong, Line> _lines = [];

    /// <summary>Keeps bytes that are about to be stored to; those that are kept already stay as they are.</summary>
    /// <param name="physical">Guest-physical address.</param>
    /// <param name="size">Bytes.</param>
    public void Keep(ulong physical, int size)
    {
        while (size > 0)
        {
            int start = (int)(physical % LineSize);
            int part = Math.Min(size, LineSize - start);
            KeepInLine(physical - (ulong)start, start, part);
            physical += (ulong)part;
            size -= part;
        }
    }

    /// <summary>Puts back all that was kept, and nothing else.</summary>
    public void Restore()
    {
        foreach ((ulong address, Line line) in _lines)
        {
            for (ulong left = line.Kept; left != 0;)
            {
                int start = BitOperations.TrailingZeroCount(left);
                int length = BitOperations.TrailingZeroCount(~(left >> start));
                guest.WritePhysical(address + (ulong)start, line.Bytes.AsSpan(start, length));
                left &= ~Mask(start, length);
            }
        }

        _lines.Clear();
    }

    private void KeepInLine(ulong address, int start, int length)
    {
        if (!_lines.TryGetValue(address, out Line? line))
        {
            line = new Line();
            _lines.Add(address, line);
        }

        ulong missing = Mask(start, length) & ~line.Kept;
        line.Kept |= missing;
        for (; missing != 0; missing &= missing - 1)
        {
            int at = BitOperations.TrailingZeroCount(missing);
            guest.ReadPhysical(address + (ulong)at, line.Bytes.AsSpan(at, 1));
        }
    }

    private static ulong Mask(int start, int length) => (ulong.MaxValue >> (LineSize - length)) << start;

    private sealed class Line
    {
        public byte[] Bytes { get; } = new byte[LineSize];

        /// <summary>A bit for each byte that is kept.</summary>
        public ulong Kept { get; set; }
    }
}
