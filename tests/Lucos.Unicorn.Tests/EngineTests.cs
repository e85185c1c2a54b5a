namespace Lucos.Unicorn.Tests;

/// <summary>The engine: running, counting, stopping, exceptions that must not cross a hook.</summary>
public sealed class EngineTests
{
    // loop: inc rax; dec rcx; jnz loop; hlt
    private static readonly byte[] s_loop = [0x48, 0xff, 0xc0, 0x48, 0xff, 0xc9, 0x75, 0xf8, 0xf4];

    [Test]
    public void TheMeterCountsEveryBlockAndItsBytesWithoutManagedCalls()
    {
        using Fixture f = new(s_loop);
        f.Meter.Countdown = 1_000_000;
        f.Engine.Rcx = 1000;

        Assert.That(f.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));
        Assert.Multiple(() =>
        {
            Assert.That(f.Engine.Rax, Is.EqualTo(1000));
            Assert.That(f.Meter.Blocks, Is.EqualTo(1001), "999 times back, and the block with HLT");
            Assert.That(1_000_000 - f.Meter.Countdown, Is.EqualTo((1000 * 8) + 1));
            Assert.That(f.Callbacks.Blocks, Is.Zero);
        });
    }

    [Test]
    public void AStopInTheBlockHookIsExactAndTheRunCanGoOn()
    {
        using Fixture f = new(s_loop);
        f.Engine.Rcx = 1000;
        f.Callbacks.OnBlockDo = () => f.Engine.Stop();
        for (int i = 0; i < 50; i++)
        {
            f.Meter.Countdown = 100;
            Assert.That(f.Engine.Run(f.Engine.Rip == 0 ? Fixture.Start : f.Engine.Rip), Is.EqualTo(EngineStatus.Stopped));
            Assert.That(f.Engine.Rax + f.Engine.Rcx, Is.EqualTo(1000), "no iteration is lost or done twice");
        }

        Assert.That(f.Engine.Rax, Is.EqualTo(50 * 12), "100 bytes are 12 whole blocks of 8");
    }

    [Test]
    public void AnExceptionInACallbackStopsTheRunAndComesOutOfIt()
    {
        using Fixture f = new(s_loop);
        f.Engine.Rcx = 1000;
        f.Callbacks.OnBlockDo = () => throw new InvalidOperationException("on purpose");

        Assert.That(() => f.Engine.Run(Fixture.Start), Throws.InvalidOperationException.With.Message.EqualTo("on purpose"));
        f.Callbacks.OnBlockDo = null;
        f.Meter.Countdown = long.MaxValue;
        Assert.That(f.Engine.Run(f.Engine.Rip), Is.EqualTo(EngineStatus.Stopped), "the engine is usable afterwards");
        Assert.That(f.Engine.Rax, Is.EqualTo(1000));
    }

    [Test]
    public void AContextThatIsChangedAndRestoredIsTheProcessorsState()
    {
        using Fixture f = new(s_loop);
        CpuContext context = f.Engine.Context;
        context.Save();
        context[0] = 0x1234;
        context.Rip = 0x5678;
        context.Eflags = 0x8d7;
        context.Cpl = 3;
        context.Restore();

        Assert.That((f.Engine.Rax, f.Engine.Rip, f.Engine.Eflags), Is.EqualTo((0x1234UL, 0x5678UL, 0x8d7u)));
        context.Save();
        Assert.That(context.Cpl, Is.EqualTo(3));
        Assert.That(() => context[16], Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void SharedMemoryChecksItsBounds()
    {
        using SharedMemory memory = new(8192);
        Assert.That(memory.Slice(8191, 1).Length, Is.EqualTo(1));
        Assert.That(() => memory.Slice(8191, 2).Length, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => memory.Slice(ulong.MaxValue, 1).Length, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SharedMemory(100), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void TheSwitchForStopChecksBehindMemoryAccessesIsFoundInThisLibrary()
    {
        using SharedMemory memory = new(0x10000);
        using BareEngine engine = new(memory);
        Assert.That(engine.SkipExitChecks(), Is.True, "see ExitChecks");
    }
}
