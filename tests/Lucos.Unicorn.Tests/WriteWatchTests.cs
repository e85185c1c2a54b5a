using System.Runtime.CompilerServices;

namespace Lucos.Unicorn.Tests;

/// <summary>Stores to closed pages: recorded once, never lost; all other faults are the runtime's as before.</summary>
public sealed class WriteWatchTests
{
    private const ulong Page = 4096;

    [Test]
    public void TheFirstStoreToAClosedPageIsRecordedAndCarriedOut()
    {
        using SharedMemory memory = new(16 * Page);
        memory.Watch.Close(3);
        memory.Watch.Close(5);
        Assert.That(memory.Slice(3 * Page, 1)[0], Is.Zero, "a read is no store");
        Assert.That(memory.Watch.HasWritten, Is.False);

        memory.Slice(3 * Page, (int)Page).Fill(7);
        memory.Slice(4 * Page, 1)[0] = 1;

        Assert.That(memory.Slice((3 * Page) + 100, 1)[0], Is.EqualTo(7));
        Assert.That(memory.Watch.TryTake(out ulong page), Is.True);
        Assert.That(page, Is.EqualTo(3));
        Assert.That(memory.Watch.TryTake(out _), Is.False);
        Assert.That((memory.Watch.IsClosed(3), memory.Watch.IsClosed(5)), Is.EqualTo((false, true)));
    }

    [Test]
    public void AStoreThatCrossesPagesIsRecordedForBoth()
    {
        using SharedMemory memory = new(16 * Page);
        memory.Watch.Close(3);
        memory.Watch.Close(4);
        new byte[] { 1, 2, 3, 4 }.CopyTo(memory.Slice((4 * Page) - 2, 4));

        Assert.That(memory.Slice((4 * Page) - 2, 4).ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
        List<ulong> pages = [];
        while (memory.Watch.TryTake(out ulong page))
        {
            pages.Add(page);
        }

        Assert.That(pages, Is.EquivalentTo(new ulong[] { 3, 4 }));
    }

    [Test]
    public void TooManyClosedPagesOpenAllAndSaySo()
    {
        using SharedMemory memory = new(16 * Page);
        memory.Watch.Limit = 2;
        for (ulong page = 0; page < 3; page++)
        {
            memory.Watch.Close(page * 2);
        }

        Assert.That((memory.Watch.IsLost, memory.Watch.HasWritten), Is.EqualTo((true, true)));
        memory.Slice(0, 16 * (int)Page).Fill(1);
        memory.Watch.Reset();
        Assert.That((memory.Watch.IsLost, memory.Watch.HasWritten, memory.Watch.ClosedPages), Is.EqualTo((false, false, 0)));
    }

    [Test]
    public void ClosingAgainKeepsWhatIsClosedAndForgetsNoStore()
    {
        using SharedMemory memory = new(16 * Page);
        foreach (ulong page in (ulong[])[1, 2, 5, 15])
        {
            memory.Watch.Close(page);
        }

        memory.Slice(2 * Page, 1)[0] = 1;
        memory.Watch.CloseAgain();
        memory.Slice(0, 16 * (int)Page).Fill(1);

        List<ulong> written = [];
        while (memory.Watch.TryTake(out ulong page))
        {
            written.Add(page);
        }

        Assert.That(written, Is.EquivalentTo(new ulong[] { 1, 2, 5, 15 }));
    }

    [Test]
    public void TakingAnImageLeavesClosedPagesClosed()
    {
        using SharedMemory memory = new(16 * Page);
        memory.Watch.Close(3);
        using MemoryImage image = memory.TakeImage();
        memory.Slice(3 * Page, 1)[0] = 1;

        Assert.That(memory.Watch.TryTake(out ulong page), Is.True);
        Assert.That(page, Is.EqualTo(3));
    }

    [Test]
    public void APageOutsideOfTheMemoryIsRefused()
    {
        using SharedMemory memory = new(16 * Page);
        Assert.That(() => memory.Watch.Close(16), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void OtherFaultsAreTheRuntimesAsBefore()
    {
        using SharedMemory memory = new(Page);
        Assert.That(() => LengthOf(null!), Throws.TypeOf<NullReferenceException>());
    }

    [Test]
    public void AStoreByTheEngineHasItsNextBlockCallManagedCodeAndTheCountdownReadsAsBefore()
    {
        // mov byte [0x3000], 1; jmp 0f; 0: nop; hlt
        using Fixture f = new([0xc6, 0x04, 0x25, 0x00, 0x30, 0x00, 0x00, 0x01, 0xeb, 0x00, 0x90, 0xf4]);
        f.Memory.Watch.Close(3);
        f.Meter.Countdown = 1000;
        List<long> countdowns = [];
        f.Callbacks.OnBlockDo = () => countdowns.Add(f.Meter.Countdown);

        Assert.That(f.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));
        Assert.That(countdowns, Is.EqualTo(new[] { 1000L - 10 - 2 }));
        Assert.That(f.Memory.Watch.TryTake(out ulong page), Is.True);
        Assert.That(page, Is.EqualTo(3));
    }

    [Test]
    public void EveryTranslatedPageIsReportedTheFirstOneToo()
    {
        // jmp 0x1ffe; at 0x1ffe: mov eax, imm32, which crosses; hlt
        using Fixture f = new([0xe9, 0xf9, 0x0f, 0x00, 0x00]);
        new byte[] { 0xb8, 1, 2, 3, 4, 0xf4 }.CopyTo(f.Memory.Slice(0x1ffe, 6));
        f.Meter.Countdown = long.MaxValue / 4;

        Assert.That(f.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));
        Assert.That(f.Callbacks.TranslatedPages, Is.EqualTo(new ulong[] { 0x1000, 0x1000, 0x2000 }));
    }

    [Test]
    public void TranslationsOfOnePageAreDroppedAndOthersStay()
    {
        using Fixture f = TwoFunctions();
        f.Engine.DropTranslations([0x2000]);
        f.Engine.Run(Fixture.Start);
        Assert.That(f.Callbacks.TranslatedPages, Is.EqualTo(new ulong[] { 0x2000 }));
    }

    [Test]
    public void ABreakpointHasOnlyItsPageTranslatedAgain()
    {
        using Fixture f = TwoFunctions();
        f.Engine.AddBreakpoint(0x3fff);
        f.Engine.Run(Fixture.Start);
        Assert.That(f.Callbacks.TranslatedPages, Is.EqualTo(new ulong[] { 0x3000 }));

        f.Engine.RemoveBreakpoint(0x3fff);
        f.Engine.Run(Fixture.Start);
        Assert.That(f.Callbacks.TranslatedPages, Is.EqualTo(new ulong[] { 0x3000, 0x3000 }));
    }

    // call 0x2000; call 0x3000; hlt, the functions being mov eax, imm32; ret. It has run once.
    private static Fixture TwoFunctions()
    {
        Fixture f = new([0xe8, 0xfb, 0x0f, 0x00, 0x00, 0xe8, 0xf6, 0x1f, 0x00, 0x00, 0xf4]);
        new byte[] { 0xb8, 1, 0, 0, 0, 0xc3 }.CopyTo(f.Memory.Slice(0x2000, 6));
        new byte[] { 0xb8, 1, 0, 0, 0, 0xc3 }.CopyTo(f.Memory.Slice(0x3000, 6));
        f.Meter.Countdown = long.MaxValue / 4;
        f.Engine.Context.Save();
        f.Engine.Context[4] = 0x8000;
        f.Engine.Context.Restore();
        f.Engine.Run(Fixture.Start);
        f.Callbacks.TranslatedPages.Clear();
        return f;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int LengthOf(string text) => text.Length;
}
