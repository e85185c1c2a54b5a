using System.Text;
using CsCheck;
using Lucos.Abi;
using Lucos.Control.Recording;

namespace Lucos.Control.Tests.Recording;

/// <summary>The file format of records: what is written is read, what is damaged is refused.</summary>
public sealed class RecordTests
{
    private static readonly RecordHead s_head = new()
    {
        Type = RecordHead.Kind,
        Version = RecordHead.CurrentVersion,
        Emulator = "none",
        Seed = 7,
        MemoryMiB = 64,
        Cpus = 2,
        CommandLine = "console=ttyS0",
        IsExact = true,
        Kernel = Record.Pack("kernel"u8),
        Initramfs = Record.Pack("initramfs"u8),
    };

    [Test]
    public void WhatIsWrittenIsRead()
    {
        var record = Record.Read(new MemoryStream(Sample()));
        Assert.That(record.IsComplete, Is.True);
        Assert.That(record.Head.Cpus, Is.EqualTo(2));
        Assert.That(Record.Unpack(record.Head.Kernel, "kernel"), Is.EqualTo("kernel"u8.ToArray()));
        Assert.That(record.Entries.Select(e => e.GetType().Name), Is.EqualTo(new[] { "Typed", "Submitted", "Breakpoint", "Trail", "Mark", "Memory", "Ended" }));
        Assert.That(((RecordEntry.Submitted)record.Entries[1]).Request, Is.EqualTo(RequestKind.Undo));
        Assert.That(((RecordEntry.Memory)record.Entries[5]).Hashes, Is.EqualTo(new[] { ulong.MaxValue }));
        var trail = (RecordEntry.Trail)record.Entries[3];
        Assert.That((trail.Count, trail.CpuOf(7), trail.CpuOf(8), trail.CpuOf(30)), Is.EqualTo((30, 0, 1, 1)));
    }

    [Test]
    public void ThatCoherenceIsVerifiedIsPartOfARequestAndElseNotMentioned()
    {
        var stream = new MemoryStream();
        using (var writer = new RecordWriter(stream, s_head))
        {
            var request = new RecordEntry.Submitted { At = new(10, 100, 0), Request = RequestKind.Apply, Name = "fix", Package = [1] };
            writer.Add(request);
            writer.Add(request with { VerifyCoherence = true });
            writer.End(new(40, 400, 1), "PoweredOff 0");
        }

        var lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n');
        Assert.That(lines[1], Does.Not.Contain("verifyCoherence"));
        Assert.That(lines[2], Does.Contain("\"verifyCoherence\":true"));
        var entries = Record.Read(new MemoryStream(stream.ToArray())).Entries;
        Assert.That(entries.OfType<RecordEntry.Submitted>().Select(e => e.VerifyCoherence), Is.EqualTo(new[] { false, true }));
    }

    [Test]
    public void AWithdrawalIsReadAsItWasWritten()
    {
        var stream = new MemoryStream();
        using (var writer = new RecordWriter(stream, s_head))
        {
            writer.Add(new RecordEntry.Withdrawn { At = new(10, 100, 0), Request = 7 });
            writer.End(new(40, 400, 1), "PoweredOff 0");
        }

        Assert.That(((RecordEntry.Withdrawn)Record.Read(new MemoryStream(stream.ToArray())).Entries[0]).Request, Is.EqualTo(7));
        var damaged = Encoding.UTF8.GetString(stream.ToArray()).Replace("\"request\":7", "\"request\":-7");
        Assert.That(() => Record.Read(new MemoryStream(Encoding.UTF8.GetBytes(damaged))), Throws.TypeOf<RecordException>().With.Message.StartsWith("record-damaged: line 2"));
    }

    [Test]
    public void ARecordOfTheVersionBeforeIsRead()
    {
        var stream = new MemoryStream();
        using (var writer = new RecordWriter(stream, s_head with { Version = 2 }))
        {
            writer.End(new(40, 400, 1), "PoweredOff 0");
        }

        Assert.That(Record.Read(new MemoryStream(stream.ToArray())).IsComplete, Is.True);
    }

    [Test]
    public void ARecordWithoutItsEndIsReadAsFarAsItGoes([Values(1, 5, 300)] int missing)
    {
        var bytes = Sample();
        var record = Record.Read(new MemoryStream(bytes[..^missing]));
        Assert.That(record.IsComplete, Is.False);
        Assert.That(record.Entries, Has.Count.InRange(4, 6));
    }

    [TestCase("\"Cpus\":2", "", "record-damaged: line 1")]
    [TestCase("\"cpus\":2", "\"cpus\":3", "record-damaged: line 8: the digest does not fit")]
    [TestCase("\"version\":3", "\"version\":1", "record-version: the record has version 1, this program reads 2 to 3")]
    [TestCase("\"version\":3", "\"version\":4", "record-version: the record has version 4")]
    [TestCase("\"exact\":true", "\"exact\":false", "record-damaged: line 5: digests of blocks in a record that is not exact")]
    [TestCase("\"exact\":true,", "", "record-damaged: line 1")]
    [TestCase("\"first\":1,", "\"first\":2,", "record-damaged: line 5: 60 bytes of digests from block 2 to 30, behind block 0")]
    [TestCase("\"turns\":[1,8]", "\"turns\":[1]", "record-damaged: line 5: 1 turns of 2 processors")]
    [TestCase("\"cpus\":[0,1]", "\"cpus\":[0,-1]", "record-damaged: line 5")]
    [TestCase("\"digests\":\"AAAA", "\"digests\":\"", "record-damaged: line 5: 57 bytes")]
    [TestCase("\"granules\":\"AAAA", "\"granules\":\"", "record-damaged: line 7: 509 bytes of granules where there should be 512")]
    [TestCase("\"pages\":[3]", "\"pages\":[16384]", "record-damaged: line 7: a page outside of 64 MiB")]
    [TestCase("lucos-record", "other-record", "not-a-record")]
    [TestCase("\"typed\"", "\"hyped\"", "record-damaged: line 2")]
    [TestCase("\"blocks\":20", "\"blocks\":5", "record-damaged: line 3: block 5")]
    [TestCase("\"request\":\"undo\"", "\"request\":\"grow\"", "record-damaged: line 3")]
    [TestCase("\"pages\":[3]", "\"pages\":[3,4]", "record-damaged: line 7: 2 pages with 1 hashes")]
    [TestCase("\"bytes\"", "\"bites\"", "record-damaged: line 2")]
    public void DamageIsNamedByLine(string old, string changed, string message)
    {
        var text = Encoding.UTF8.GetString(Sample());
        var damaged = old == "\"Cpus\":2" ? text.Replace("\"cpus\":2,", "") : text.Replace(old, changed);
        Assert.That(damaged, Is.Not.EqualTo(text));
        Assert.That(() => Record.Read(new MemoryStream(Encoding.UTF8.GetBytes(damaged))), Throws.TypeOf<RecordException>().With.Message.StartsWith(message));
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase("null\n")]
    [TestCase("[1]\n")]
    [TestCase("\u007fELF")]
    public void OtherFilesAreRefused(string content) =>
        Assert.That(() => Record.Read(new MemoryStream(Encoding.UTF8.GetBytes(content))), Throws.TypeOf<RecordException>());

    [Test]
    public void NoFlippedByteIsOverlooked() => Gen.Select(Gen.Int[0, Sample().Length - 2], Gen.Byte[1, 255]).Sample(
        (at, flip) =>
        {
            var bytes = Sample();
            bytes[at] ^= flip;
            try
            {
                // A line end that became something else, or one that was not there, may make the last line look unfinished.
                return !Record.Read(new MemoryStream(bytes)).IsComplete;
            }
            catch (RecordException)
            {
                return true;
            }
        },
        seed: "0000KOIPFW20",
        iter: 3000);

    [Test]
    public void AnImageThatUnpacksBeyondTheLimitIsRefused() => Assert.That(
        () => Record.Unpack(Record.Pack(new byte[1 << 20]), "kernel", (1 << 20) - 1),
        Throws.TypeOf<RecordException>().With.Message.Contains("larger than 1048575 bytes"));

    [Test]
    public void AnImageThatIsDamagedIsRefused() => Assert.That(
        () => Record.Unpack([0xff, 0xff, 0xff], "initramfs"), Throws.TypeOf<RecordException>().With.Message.Contains("initramfs"));

    private static byte[] Sample()
    {
        var stream = new MemoryStream();
        using (var writer = new RecordWriter(stream, s_head))
        {
            writer.Add(new RecordEntry.Typed { At = new(10, 100, 0), Bytes = [1, 2] });
            writer.Add(new RecordEntry.Submitted { At = new(20, 200, 0), Request = RequestKind.Undo, Name = "fix", Package = [] });
            writer.Add(new RecordEntry.Breakpoint { At = new(20, 200, 1), Address = 0xffff_ffff_8000_0000, IsSet = true });
            writer.Add(new RecordEntry.Trail { At = new(30, 300, 1), First = 1, Digests = new byte[60], Turns = [1, 8], Cpus = [0, 1] });
            writer.Add(new RecordEntry.Mark { At = new(30, 300, 1), Hash = 5 });
            writer.Add(new RecordEntry.Memory { At = new(30, 300, 1), Pages = [3], Hashes = [ulong.MaxValue], Granules = new byte[512] });
            writer.End(new(40, 400, 1), "PoweredOff 0");
        }

        return stream.ToArray();
    }
}
