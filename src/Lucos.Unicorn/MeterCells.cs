using System.Runtime.InteropServices;

namespace Lucos.Unicorn;

/// <summary>What the machine code of an <see cref="ExecutionMeter"/> works on; <see cref="MeterCode"/>, <see cref="BlockTrail"/> and <see cref="StoreFaults"/> know the offsets.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MeterCells
{
    internal const int CountdownAt = 0;
    internal const int BlocksAt = 16;
    internal const int BlockEndAt = 40;
    internal const int LateAt = 80;
    internal const int LateKeptAt = 88;

    internal long Countdown;

    // Managed code, for when the countdown has run out.
    internal void* Slow;
    internal ulong Blocks;
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
    internal void* LateKept;

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
}
