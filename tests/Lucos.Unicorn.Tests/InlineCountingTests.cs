namespace Lucos.Unicorn.Tests;

/// <summary>Blocks that count themselves count and stop as those do that call the hook.</summary>
public sealed unsafe class InlineCountingTests
{
    // 0: dec rcx; jnz 0b; hlt
    private static readonly byte[] s_short = [0x48, 0xff, 0xc9, 0x75, 0xfb, 0xf4];

    // 0: 130 x inc eax; dec rcx; jnz 0b; hlt
    private static readonly byte[] s_long = [.. Enumerable.Repeat<byte[]>([0xff, 0xc0], 130).SelectMany(b => b), 0x48, 0xff, 0xc9, 0x0f, 0x85, 0xf3, 0xfe, 0xff, 0xff, 0xf4];

    [Test]
    public void BlocksAreRewritten()
    {
        using Fixture f = new(s_short);
        RunRounds(f, 10, 1_000_000);
        Assert.That(f.Engine.Shortcuts.HasFlag(EngineShortcuts.InlineCounting), Is.True);
        Assert.That(f.Meter.InlineBlocks, Is.GreaterThan(0));
    }

    [Test]
    public void WithoutTheShortcutTheyAreNot()
    {
        using Fixture f = new(s_short, EngineShortcuts.All & ~EngineShortcuts.InlineCounting);
        RunRounds(f, 10, 1_000_000);
        Assert.That((f.Engine.Shortcuts.HasFlag(EngineShortcuts.InlineCounting), f.Meter.InlineBlocks), Is.EqualTo((false, 0)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void EveryCountdownEndsAtTheSamePlaceEitherWay(bool longBlocks)
    {
        byte[] program = longBlocks ? s_long : s_short;
        for (int countdown = 0; countdown < 40 * program.Length; countdown += 7)
        {
            using Fixture inline = new(program);
            using Fixture calling = new(program, EngineShortcuts.All & ~EngineShortcuts.InlineCounting);
            var expected = StopAt(calling, countdown);
            Assert.That(StopAt(inline, countdown), Is.EqualTo(expected), $"countdown {countdown}");
            Assert.That(expected.Rip, Is.EqualTo(Fixture.Start), "the countdown ended the run");
        }
    }

    [Test]
    public void ABlockEndIsKnownWhereARunMayStopInTheMiddle()
    {
        const ulong neverReached = 0x4000;
        using Fixture f = new([.. s_short[..^1], .. s_long]);
        f.Engine.AddBreakpoint(neverReached);
        f.Callbacks.OnBlockDo = f.Engine.Stop;
        RunRounds(f, 100, 150);
        Assert.That(f.Meter.InlineBlocks, Is.GreaterThan(0));
        Assert.That(f.Meter.BlockEnd(Fixture.Start), Is.EqualTo(Fixture.Start + 5));
    }

    // The smallest blocks there are, so that the blocks come to as many as the bits for them hold before the countdown's part runs out.
    [TestCase(-1)]
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(MeterCells.LargestPart + 3)]
    public void ACountdownOfMoreThanOnePartEndsAtTheSamePlaceInBlocksOfOneByte(long beyondFirst)
    {
        using Fixture inline = Returning(EngineShortcuts.All);
        using Fixture calling = Returning(EngineShortcuts.All & ~EngineShortcuts.InlineCounting);
        var expected = StopAt(calling, MeterCells.LargestPart + beyondFirst);
        Assert.That(StopAt(inline, MeterCells.LargestPart + beyondFirst), Is.EqualTo(expected));
        Assert.That(inline.Meter.InlineBlocks > 0, Is.EqualTo(inline.Engine.Shortcuts.HasFlag(EngineShortcuts.InlineCounting)));
        Assert.That(expected.Blocks, Is.GreaterThan(MeterCells.LargestPart * 95 / 100));
    }

    [Test]
    public void TheBlocksOfAWholePartFitIntoTheirBits()
    {
        MeterCells cells = default;
        cells.Countdown = long.MaxValue;
        for (long block = 0; block <= MeterCells.LargestPart; block++)
        {
            Assert.That(cells.Packed, Is.GreaterThanOrEqualTo(0), $"block {block}");
            cells.Packed += 1 - (1L << MeterCells.BlockBits);
        }

        Assert.That((cells.Packed < 0, cells.Blocks, cells.Countdown), Is.EqualTo((true, (ulong)MeterCells.LargestPart + 1, long.MaxValue - MeterCells.LargestPart - 1)));
        Assert.That(cells.IsDue(), Is.False);
        Assert.That((cells.Packed, cells.Blocks), Is.EqualTo((MeterCells.LargestPart << MeterCells.BlockBits, (ulong)MeterCells.LargestPart + 1)));
    }

    [Test]
    public void ACountdownThatHasRunOutIsDueAgainAtEachBlock([Values(-1L, -1_000_000L, long.MinValue / 2)] long countdown)
    {
        MeterCells cells = default;
        cells.Countdown = countdown;
        for (ulong block = 1; block <= 1_000_000; block++)
        {
            cells.Packed += 1 - ((long)BlockHead.LargestBlock << MeterCells.BlockBits);
            Assert.That(cells.IsDue(), Is.True);
            Assert.That(cells.Blocks, Is.EqualTo(block));
        }

        Assert.That(cells.Countdown, Is.EqualTo(countdown - (1_000_000L * BlockHead.LargestBlock)));
    }

    [TestCase(4009 * 2)]
    [TestCase(100_000)]
    [TestCase(300_000)]
    public void BlocksOfAPageAreCountedTheSame(long countdown)
    {
        // 0: 400 x mov rax, imm64; dec rcx; jnz 0b; hlt
        byte[] program =
            [.. Enumerable.Repeat<byte[]>([0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8], 400).SelectMany(b => b), 0x48, 0xff, 0xc9, 0x0f, 0x85, .. BitConverter.GetBytes(-4009), 0xf4];
        using Fixture inline = new(program);
        using Fixture calling = new(program, EngineShortcuts.All & ~EngineShortcuts.InlineCounting);
        var expected = StopAt(calling, countdown);
        Assert.That(StopAt(inline, countdown), Is.EqualTo(expected));
        Assert.That(expected.Rip, Is.EqualTo(Fixture.Start), "the countdown ended the run");
        Assert.That(inline.Meter.InlineBlocks > 0, Is.EqualTo(inline.Engine.Shortcuts.HasFlag(EngineShortcuts.InlineCounting)));
    }

    [Test]
    public void OnlyADigestThatIsNotTheExpectedOneMakesABlockDueWhoseCountdownGoesOn([Values] bool differs, [Values] bool hasRunOut)
    {
        const ulong block = 5;
        ushort* own = stackalloc ushort[8];
        ushort* expected = stackalloc ushort[8];
        new Span<ushort>(own, 8).Clear();
        new Span<ushort>(expected, 8).Clear();
        own[block] = differs ? (ushort)1 : (ushort)0;
        MeterCells cells = new() { Own = (nint)own, Expected = (nint)expected, Countdown = hasRunOut ? 10 : MeterCells.LargestPart + 10, Collected = block };
        cells.Packed -= (hasRunOut ? 11L : MeterCells.LargestPart + 1) << MeterCells.BlockBits;
        Assert.That(cells.IsDue(), Is.EqualTo(differs || hasRunOut));
        Assert.That(cells.Countdown, Is.EqualTo(hasRunOut ? -1 : 9));
    }

    // A trail's hook is another one, and hands its countdown out in parts too.
    [TestCase(MeterCells.LargestPart - 1)]
    [TestCase(MeterCells.LargestPart * 2)]
    public void ATrailCountsTheSame(long countdown)
    {
        Assume.That(UnicornLibrary.AllowedShortcuts, Is.EqualTo(EngineShortcuts.All), "a trail needs the processor's state in place");
        using Fixture calling = Returning(EngineShortcuts.All & ~EngineShortcuts.InlineCounting);
        var expected = StopAt(calling, countdown);
        using BlockTrail trail = new();
        using Fixture f = Returning(EngineShortcuts.All, trail);
        Assert.That(StopAt(f, countdown), Is.EqualTo(expected));
    }

    // Another thread only sets a flag, which is looked at when the countdown has run out.
    [Test]
    public void AStopThatAnotherThreadAsksForActsWhenTheCountdownHasRunOut([Values] bool inline, [Values(1_000L, 1_000_000L)] long countdown)
    {
        using Fixture f = new(s_short, inline ? EngineShortcuts.All : EngineShortcuts.All & ~EngineShortcuts.InlineCounting);
        int asked = 0;
        f.Callbacks.OnBlockDo = () =>
        {
            if (Volatile.Read(ref asked) != 0)
            {
                f.Engine.Stop();
                return;
            }

            Thread other = new(() => Volatile.Write(ref asked, 1));
            other.Start();
            other.Join();
            f.Meter.Countdown = countdown;
        };
        RunRounds(f, ulong.MaxValue, countdown);
        ulong rounds = ((ulong)countdown / 5) + 1;
        Assert.That((f.Callbacks.Blocks, f.Meter.Blocks, f.Meter.Countdown), Is.EqualTo((2, rounds * 2, -5L)));
        Assert.That(ulong.MaxValue - f.Engine.Rcx, Is.EqualTo((rounds * 2) - 1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void AStopFromAHookEndsTheRunBeforeTheNextBlockThoughTheCountdownHasManyParts(bool inline)
    {
        // 0: dec rcx; jz 1f; jmp 0b; 1: int 0x21; mov rcx, 5; jmp 0b
        byte[] program = [0x48, 0xff, 0xc9, 0x74, 0x02, 0xeb, 0xf9, 0xcd, 0x21, 0x48, 0xc7, 0xc1, 5, 0, 0, 0, 0xeb, 0xee];
        const long countdown = 1L << 40;
        const ulong rounds = 100_000;
        using Fixture f = new(program, inline ? EngineShortcuts.All : EngineShortcuts.All & ~EngineShortcuts.InlineCounting);
        f.Callbacks.OnInterruptDo = f.Engine.Stop;
        RunRounds(f, rounds, countdown);
        Assert.That(f.Engine.Rip, Is.EqualTo(Fixture.Start + 9));
        Assert.That(countdown - f.Meter.Countdown, Is.EqualTo((long)rounds * 7));
        Assert.That((f.Callbacks.Blocks, f.Meter.Blocks), Is.EqualTo((0, rounds * 2)));
    }

    private static (ulong Rcx, ulong Rip, ulong Blocks, long Countdown) StopAt(Fixture f, long countdown)
    {
        f.Callbacks.OnBlockDo = f.Engine.Stop;
        RunRounds(f, 1000, countdown);
        return (f.Engine.Rcx, f.Engine.Rip, f.Meter.Blocks, f.Meter.Countdown);
    }

    // 0: mov rsp, stack; ret, each to the next one; the last to: dec rcx; jnz 0b; hlt
    private static Fixture Returning(EngineShortcuts shortcuts, BlockTrail? trail = null)
    {
        const uint stack = 0x4000, top = 0xf000;
        byte[] program = [0x48, 0xc7, 0xc4, .. BitConverter.GetBytes(stack), 0xc3, 0x48, 0xff, 0xc9, 0x75, 0xf3, 0xf4];
        Fixture f = new(program, shortcuts, trail);
        for (ulong at = stack; at < top; at += sizeof(ulong))
        {
            BitConverter.TryWriteBytes(f.Memory.Slice(at, sizeof(ulong)), Fixture.Start + (at + sizeof(ulong) < top ? 7UL : 8UL));
        }

        return f;
    }

    private static void RunRounds(Fixture f, ulong rounds, long countdown)
    {
        f.Meter.Countdown = countdown;
        f.Engine.Rcx = rounds;
        Assert.That(f.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));
    }
}
