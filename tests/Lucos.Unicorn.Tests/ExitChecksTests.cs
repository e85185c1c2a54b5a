namespace Lucos.Unicorn.Tests;

/// <summary>Where a stop takes effect, with and without the library's question for one behind each memory access.</summary>
public sealed class ExitChecksTests
{
    private const ulong Device = 0x10000;
    private const ulong NeverReached = 0x2000;

    // mov [rbx], eax; inc ecx; jmp 0f; 0: inc ecx; hlt
    private static readonly byte[] s_store = [0x89, 0x03, 0xff, 0xc1, 0xeb, 0x00, 0xff, 0xc1, 0xf4];

    // 0: add [rbx], rcx; adc rdx, [rbx]; push rdx; pop rax; dec rcx; jnz 0b; hlt
    private static readonly byte[] s_memory =
        [0x48, 0x01, 0x0b, 0x48, 0x13, 0x13, 0x52, 0x58, 0x48, 0xff, 0xc9, 0x75, 0xf3, 0xf4];

    [Test]
    public void AStopInADeviceTakesEffectAtTheNextBlock()
    {
        using Fixture f = StopInDevice();
        Assert.That(RunFromStart(f), Is.EqualTo((1UL, Fixture.Start + 6)));
        Assert.That(f.Engine.Run(f.Engine.Rip), Is.EqualTo(EngineStatus.Stopped));
        Assert.That(f.Engine.Rcx, Is.EqualTo(2), "the run goes on where it stopped");
    }

    [Test]
    public void WithTheChecksKeptItTakesEffectBehindTheAccessWhichWouldBeDoneAgain()
    {
        using Fixture f = StopInDevice(EngineShortcuts.None);
        Assert.That(RunFromStart(f), Is.EqualTo((0UL, Fixture.Start)));
    }

    [Test]
    public void CodeIsTranslatedWithTheChecksOnlyWhileThereIsABreakpoint()
    {
        using Fixture f = StopInDevice();
        f.Engine.AddBreakpoint(NeverReached);
        f.Engine.AddBreakpoint(NeverReached + 1);
        Assert.That(RunFromStart(f), Is.EqualTo((0UL, Fixture.Start)));

        f.Engine.RemoveBreakpoint(NeverReached);
        Assert.That(RunFromStart(f), Is.EqualTo((0UL, Fixture.Start)), "there is another one");

        f.Engine.RemoveBreakpoint(NeverReached + 1);
        Assert.That(RunFromStart(f), Is.EqualTo((1UL, Fixture.Start + 6)), "what was translated meanwhile is translated again");
    }

    [Test]
    public void BothWaysComputeAndCountTheSame()
    {
        using Fixture without = new(s_memory);
        using Fixture with = new(s_memory, EngineShortcuts.None);
        Assert.That(Compute(without), Is.EqualTo(Compute(with)));
        Assert.That(without.Engine.Rax, Is.Not.Zero);
    }

    private static (ulong Rax, ulong Rdx, uint Flags, ulong Blocks, long Countdown) Compute(Fixture f)
    {
        f.Meter.Countdown = 1_000_000;
        f.Engine.Rbx = 0x8000;
        f.Engine.Rcx = 5000;
        f.Engine.Context.Save();
        f.Engine.Context[4] = 0x9000;
        f.Engine.Context.Restore();
        Assert.That(f.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));
        return (f.Engine.Rax, f.Engine.Rdx, f.Engine.Eflags, f.Meter.Blocks, f.Meter.Countdown);
    }

    private static Fixture StopInDevice(EngineShortcuts shortcuts = EngineShortcuts.All)
    {
        Fixture f = new(s_store, shortcuts);
        f.Engine.MapDevice(Device, 0x1000);
        f.Callbacks.OnDeviceWriteDo = f.Engine.Stop;
        f.Meter.Countdown = 1_000_000;
        return f;
    }

    private static (ulong Ecx, ulong Rip) RunFromStart(Fixture f)
    {
        f.Engine.Rbx = Device;
        f.Engine.Rcx = 0;
        Assert.That(f.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));
        return (f.Engine.Rcx, f.Engine.Rip);
    }
}
