namespace Lucos.Unicorn.Tests;

/// <summary>The processor's state in place, against copies of it.</summary>
public sealed class LiveStateTests
{
    private static readonly nint s_address = unchecked((nint)0x7ff0_0000_0010);

    // mov eax, 7; add eax, 0xfffffffa; hlt: 7 - 6 sets carry
    private static readonly byte[] s_flags = [0xb8, 7, 0, 0, 0, 0x05, 0xfa, 0xff, 0xff, 0xff, 0xf4];

    [Test]
    public void TheStateIsFoundInThisLibraryAndIsEachEnginesOwn()
    {
        using Fixture f = new(s_flags);
        using Fixture other = new(s_flags);
        f.Engine.Context[3] = 0x1111;
        other.Engine.Context[3] = 0x2222;

        Assert.That(f.Engine.Shortcuts, Is.EqualTo(EngineShortcuts.All));
        Assert.That(f.Engine.Context.IsLive, Is.True);
        Assert.That((f.Engine.Rbx, other.Engine.Rbx), Is.EqualTo((0x1111UL, 0x2222UL)), "written without Restore");
    }

    [Test]
    public void ACopyChangesNothingBeforeItIsRestored()
    {
        using Fixture f = new(s_flags, EngineShortcuts.None);
        Assert.That((f.Engine.Shortcuts, f.Engine.Context.IsLive), Is.EqualTo((EngineShortcuts.None, false)));
        f.Engine.Context.Save();
        f.Engine.Context[3] = 0x1111;
        Assert.That(f.Engine.Rbx, Is.Zero);
        f.Engine.Context.Restore();
        Assert.That(f.Engine.Rbx, Is.EqualTo(0x1111));
    }

    [TestCase(EngineShortcuts.All)]
    [TestCase(EngineShortcuts.None)]
    public void RegistersAreTheSameInPlaceAndInACopy(EngineShortcuts shortcuts)
    {
        using Fixture f = new(s_flags, shortcuts);
        f.Meter.Countdown = 1_000_000;
        f.Engine.WriteMsr(0xc000_0082, 0x1234_5678);
        Assert.That(f.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));

        CpuContext context = f.Engine.Context;
        context.Save();
        f.Engine.Scratch.Save();
        Assert.Multiple(() =>
        {
            Assert.That((context[0], context.Rip), Is.EqualTo((1UL, Fixture.Start + (ulong)s_flags.Length)));
            Assert.That((f.Engine.Rax, f.Engine.Rip, f.Engine.Cpl), Is.EqualTo((context[0], context.Rip, context.Cpl)));
            Assert.That(context.Eflags & 1, Is.EqualTo(1), "carry");
            Assert.That(context.Eflags, Is.EqualTo(f.Engine.Scratch.Eflags));
            Assert.That(context.Efer, Is.EqualTo(f.Engine.ReadMsr(0xc000_0080)));
            Assert.That(context.LongStar, Is.EqualTo(0x1234_5678));
            Assert.That(context.Segment(SegmentIndex.Cs), Is.EqualTo(f.Engine.Scratch.Segment(SegmentIndex.Cs)));
        });
    }

    [Test]
    public void AnUnreadableAddressIsReadAsNothing()
    {
        using MemoryProbe probe = new(64);
        Assert.That(probe.Read(0x10000).Length, Is.Zero);
        Assert.That((MemoryProbe.MayBePointer(s_address), MemoryProbe.MayBePointer(s_address + 1), MemoryProbe.MayBePointer(16)), Is.EqualTo((true, false, false)));
    }
}
