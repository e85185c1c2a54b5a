using Lucos.Control.Guests;
using Lucos.Control.Recording;
using Lucos.Control.Results;
using Lucos.Elf;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Replays of one recorded guest: to the end, to a stop point, and against a record that says something else.</summary>
public sealed class ReplayTests
{
    private static readonly Lazy<byte[]> s_bytes = new(MakeRecord);

    private static Record Sample => Record.Read(new MemoryStream(s_bytes.Value));

    [Test]
    public void AReplayShowsTheSameConsoleAndAgreesToTheEnd()
    {
        var console = new MemoryStream();
        using var replayer = Make(Sample, new ReplayOptions());
        replayer.ConsoleOutput += b => console.Write(b.Span);
        var result = replayer.Run();
        Assert.That((result.Reason, result.Detail), Is.EqualTo(("end", "PoweredOff 0")), result.Divergence?.ToString());
        Assert.That(System.Text.Encoding.UTF8.GetString(console.ToArray()), Does.Contain("echo recorded").And.Contain("\nrecorded"));
    }

    [Test]
    public void OtherInputIsFoundAtTheFirstCheckBehindItAndPagesAreNamed()
    {
        var entries = Sample.Entries.ToList();
        var typed = entries.FindIndex(e => e is RecordEntry.Typed);
        entries[typed] = (RecordEntry.Typed)entries[typed] with { Bytes = "echo otherwise\n"u8.ToArray() };
        var next = entries.Skip(typed).OfType<RecordEntry.Mark>().First();

        using var replayer = Make(Sample with { Entries = entries }, new ReplayOptions());
        var divergence = replayer.Run().Divergence;

        Assert.That(divergence, Is.Not.Null);
        Assert.That(divergence!.Found.Blocks, Is.InRange(entries[typed].At.Blocks, next.At.Blocks + 100_000));
        Assert.That(divergence.Agreed.Blocks, Is.LessThanOrEqualTo(divergence.Found.Blocks));
        Assert.That(divergence.Pages, Is.Not.Empty);
    }

    [Test]
    public void AnOtherSeedIsFoundAtTheFirstCheckOfMemory()
    {
        var record = Sample;
        using var replayer = Make(record with { Head = record.Head with { Seed = record.Head.Seed + 1 } }, new ReplayOptions());
        var divergence = replayer.Run().Divergence;
        Assert.That(divergence?.Found.Blocks, Is.LessThanOrEqualTo(record.Entries.OfType<RecordEntry.Memory>().First().At.Blocks));
    }

    [Test]
    public void AGuestThatEndsEarlierThanItsRecordDiverges()
    {
        var entries = Sample.Entries.ToList();
        var end = entries[^1];
        entries[^1] = end with { At = end.At with { Blocks = end.At.Blocks + 1000, Time = end.At.Time + 100_000 } };
        using var replayer = Make(Sample with { Entries = entries }, new ReplayOptions());
        Assert.That(replayer.Run().Divergence?.What, Does.StartWith("the guest ended by PoweredOff 0"));
    }

    [Test]
    public void UntilStopsAtTheBlock()
    {
        using var replayer = Make(Sample, new ReplayOptions(Until: 150_001));
        var result = replayer.Run();
        Assert.That((result.Reason, result.At.Blocks), Is.EqualTo(("until", 150_001UL)));
        Assert.That(replayer.Guest.Blocks, Is.EqualTo(150_001));
    }

    [Test]
    public void StopAtAFunctionStopsAtItsFirstCallBehindABlock()
    {
        using var first = Make(Sample, new ReplayOptions(StopAt: Point("sys_write")));
        var early = first.Run();
        Assert.That(early.Reason, Is.EqualTo("stop-point"));
        Assert.That(early.Detail, Does.Contain("sys_write+0x0"));

        using var later = Make(Sample, new ReplayOptions(StopAt: Point("sys_write"), After: early.At.Blocks + 1));
        Assert.That(later.Run().At.Blocks, Is.GreaterThan(early.At.Blocks));
    }

    [Test]
    public void StopAtAStoreNamesTheFunctionThatStores()
    {
        using var replayer = Make(Sample, new ReplayOptions(StopAt: Point("write:ticks")));
        var result = replayer.Run();
        Assert.That(result.Reason, Is.EqualTo("stop-point"));
        Assert.That(result.Detail.Split('\n')[1], Does.Contain("  tick (time.c)+0x"), result.Detail);
    }

    [Test]
    public void StopAtAStoreOfAValueStopsWhenItIsThere()
    {
        using var replayer = Make(Sample, new ReplayOptions(StopAt: Point("write:ticks,8=3")));
        Assert.That(replayer.Run().Reason, Is.EqualTo("stop-point"));
        var ticks = new byte[8];
        Assert.That(replayer.Guest.TryRead(Kernel.Symbols.FindOnly("ticks")!.Value, ticks), Is.True);
        Assert.That(BitConverter.ToUInt64(ticks), Is.EqualTo(3));
    }

    [Test]
    public void AStoreToTheSecondPageOfAPlaceIsFound()
    {
        var ticks = Kernel.Symbols.Find("ticks").Single().Value;
        var start = (ticks & ~0xfffUL) - 1;
        using var replayer = Make(Sample, new ReplayOptions(StopAt: Point($"write:0x{start:x},{ticks - start + 1}")));
        var result = replayer.Run();
        Assert.That(result.Reason, Is.EqualTo("stop-point"), result.Detail);
        Assert.That(result.Detail, Does.Match($"bytes to physical address 0x{(ticks - 0xffffffff80000000) >> 12:x}[0-9a-f]{{3}} by"));
    }

    [Test]
    public void AStopPointThatIsNeverReachedChangesNothing()
    {
        using var replayer = Make(Sample, new ReplayOptions(StopAt: Point("write:ticks,8=123456789")));
        Assert.That(replayer.Run().Reason, Is.EqualTo("end"));
    }

    [TestCase("no_such_function")]
    [TestCase("0xzz")]
    [TestCase("write:ticks,0")]
    [TestCase("write:ticks,16=1")]
    [TestCase("write:ticks,1=256")]
    [TestCase("write:0xffffffffffffffff,8")]
    [TestCase("write:")]
    public void AStopPointThatMakesNoSenseIsRefused(string text) => Assert.That(
        () => Point(text), Throws.TypeOf<LucosException>().With.Property("Reason").EqualTo("bad-stop-point"));

    private static KernelImage Kernel => Replayer.Kernel(Sample.Head);

    private static StopPoint Point(string text) => StopPoint.Parse(text, Kernel.Symbols);

    private static Replayer Make(Record record, ReplayOptions options) => new(record, Kernel, options, CancellationToken.None);

    private static byte[] MakeRecord()
    {
        var stream = new MemoryStream();
        var options = new RecordOptions(MarkEvery: 10_000, MemoryEvery: 200_000);
        using (var guest = new VmmGuestStarter(UpdatableGuest.Files).StartRecorded(new GuestSettings { Seed = 3 }, null, stream, options))
        using (var session = new GuestSession(guest))
        {
            session.AwaitPrompt(UpdatableGuest.Budget);
            session.Run("echo recorded", UpdatableGuest.Budget);
            guest.Type("poweroff\n"u8);
            while (guest.Run(UpdatableGuest.Budget).CanRunOn)
            {
            }
        }

        return stream.ToArray();
    }
}
