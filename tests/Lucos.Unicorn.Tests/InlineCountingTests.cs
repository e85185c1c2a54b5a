namespace Lucos.Unicorn.Tests;

/// <summary>Blocks that count themselves count and stop as those do that call the hook.</summary>
public sealed class InlineCountingTests
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

    private static (ulong Rcx, ulong Rip, ulong Blocks, long Countdown) StopAt(Fixture f, long countdown)
    {
        f.Callbacks.OnBlockDo = f.Engine.Stop;
        RunRounds(f, 1000, countdown);
        return (f.Engine.Rcx, f.Engine.Rip, f.Meter.Blocks, f.Meter.Countdown);
    }

    private static void RunRounds(Fixture f, ulong rounds, long countdown)
    {
        f.Meter.Countdown = countdown;
        f.Engine.Rcx = rounds;
        Assert.That(f.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));
    }
}
