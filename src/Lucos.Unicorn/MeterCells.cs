using System.Runtime.InteropServices;

namespace Lucos.Unicorn;

/// <summary>What the machine code of an <see cref="ExecutionMeter"/> works on; <see cref="MeterCode"/>, <see cref="BlockTrail"/> and <see cref="StoreFaults"/> know the offsets.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MeterCells
{
    internal const int BlockEndAt = 40;
    internal const int LateAt = 80;

    /// <summary>Bits of <see cref="Packed"/> that count blocks.</summary>
    internal const int BlockBits = 18;

    // Each block takes 1 at least, so no more than this and one block count themselves before the sign tells: the blocks never overflow their bits.
    internal const long LargestPart = (1L << BlockBits) - 2;

    private const long BlockMask = (1L << BlockBits) - 1;

    // A part of the countdown, and below it the blocks that were counted since it was handed out: so a block counts by one instruction.
    internal long Packed;

    // Managed code, for when the part has run out.
    internal void* Slow;

    // The blocks that are not in Packed.
    internal ulong Collected;
    internal nint User;
    internal long Interrupted;

    // Code that counts inline writes the lower half only, if at all: one store more would make short blocks a sixth slower.
    internal uint BlockEnd;
    internal uint BlockEndUpper;

    // Of BlockTrail: the general registers, digests that are written, digests that are expected, and what tells the processors apart.
    internal nint Registers;
    internal nint Own;
    internal nint Expected;
    internal ulong Salt;

    // What code that counts inline calls when the countdown has run out.
    internal void* Late;

    // What is left of the countdown behind the part that was handed out.
    internal long Reserve;

    // Asked once for each block: where to go on behind the call of the hook.
    internal void* Rewrite;
    internal nint Engine;

    // The hook itself, as the calls in translated code name it.
    internal void* Hook;

    // Blocks that count inline, and blocks that do not let themselves be rewritten.
    internal int Rewritten;
    internal int Refused;

    // Whether blocks that are rewritten from now on write BlockEnd.
    internal bool KeepsBlockEnd;

    // What the blocks must look like to be rewritten.
    internal BlockHeadFacts Facts;

    // For the probe of InlineCounting.
    internal nint Note;

    internal ulong Blocks
    {
        readonly get => Collected + (ulong)(Packed & BlockMask);
        set => Collected = value - (ulong)(Packed & BlockMask);
    }

    internal long Countdown
    {
        readonly get => Reserve + ((Packed + Interrupted) >> BlockBits);
        set
        {
            Collected = Blocks;
            long part = Math.Clamp(value, -1, LargestPart);
            Reserve = value - part;
            Packed = (part << BlockBits) - Interrupted;
        }
    }

    /// <summary>
    /// Asked when a block called: whether it is to be reported, because the countdown has run out, a call was asked for, or its digest is not the
    /// expected one. If only a part has run out, the next one is handed out.
    /// </summary>
    internal bool IsDue()
    {
        if (Packed >= 0)
        {
            return true;
        }

        long left = Countdown;
        Countdown = left;
        return Packed < 0 || BlockTrail.Differs((ushort*)Own, (ushort*)Expected, Collected);
    }
}
