using System.Text;
using CsCheck;
using Lucos.Vmm.Cpu.Emulation;
using Lucos.Vmm.Snapshots;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests.Snapshots;

/// <summary>Snapshots as files: what is written is read back, and nothing else is.</summary>
public sealed class SnapshotFileTests
{
    private const int Section = 2;
    private const int Pages = 3;

    [Test]
    public void AMachineFromAFileGoesOnLikeTheOriginal()
    {
        using BareGuest guest = Ticking();
        guest.Machine.Run(RunLimits.ForBlocks(5_000));
        using MachineSnapshot snapshot = Load(Save(guest.Machine));
        using Machine restored = snapshot.Fork();

        guest.Machine.Run(RunLimits.ForBlocks(20_000));
        restored.Run(RunLimits.ForBlocks(20_000));

        ForkTests.AssertSame(restored, guest.Machine);
        Assert.That(restored.Timer.TickCount, Is.EqualTo(guest.Machine.Timer.TickCount).And.GreaterThan(0));
    }

    [Test]
    public void SavingTwiceGivesTheSameBytesAndZeroesTakeNoRoom()
    {
        using BareGuest guest = Ticking();
        guest.Machine.Run(RunLimits.ForBlocks(5_000));
        byte[] file = Save(guest.Machine);

        Assert.That(Save(guest.Machine), Is.EqualTo(file));
        Assert.That(file, Has.Length.LessThan(100_000), "32 MiB of RAM, nearly all of it zeroes");
    }

    [Test]
    public void ASnapshotOfARestoredMachineIsTheSameFile()
    {
        using BareGuest guest = Ticking();
        guest.Machine.Run(RunLimits.ForBlocks(5_000));
        byte[] file = Save(guest.Machine);
        using MachineSnapshot snapshot = Load(file);
        using Machine restored = snapshot.Fork();

        Assert.That(Save(restored), Is.EqualTo(file));
    }

    [Test]
    public void AFlippedByteIsRefusedWhereverItIs()
    {
        byte[] file = SmallFile();
        HashSet<int> headers = [.. new ForgedSnapshot(file).HeaderBytes];
        for (int at = 0; at < file.Length; at += headers.Contains(at + 1) ? 1 : 13)
        {
            file[at] ^= 0x41;
            Assert.That(() => Load(file), Throws.TypeOf<SnapshotException>().With.Message.StartsWith("snapshot-"), $"byte {at}");
            file[at] ^= 0x41;
        }

        Load(file).Dispose();
    }

    [Test]
    public void EveryTruncatedFileIsRefusedWithWhereItEnds()
    {
        byte[] file = SmallFile();
        for (int length = 0; length < file.Length; length += 7)
        {
            SnapshotException? refused = Assert.Throws<SnapshotException>(() => Load(file[..length]));
            Assert.That(refused?.Message, Does.StartWith("snapshot-truncated: tested ends at byte " + length));
        }
    }

    [Test]
    public void WhatFollowsTheEndIsRefused() =>
        Assert.That(() => Load([.. SmallFile(), 0]), Throws.TypeOf<SnapshotException>().With.Message.Contains("1 bytes follow its end"));

    [Test]
    public void AForeignFileAndAnotherVersionAreRefused()
    {
        byte[] file = SmallFile();
        file[8] = 2;

        Assert.That(() => Load(file), Throws.TypeOf<SnapshotException>().With.Message.StartsWith("snapshot-version: tested has format 2"));
        Assert.That(() => Load(Encoding.ASCII.GetBytes("#!/bin/sh\necho hello")), Throws.TypeOf<SnapshotException>().With.Message.StartsWith("snapshot-foreign"));
    }

    [Test]
    public void AnotherEmulatorIsRefusedByName()
    {
        ForgedSnapshot forged = new(SmallFile());
        Replace(forged, 0, EmulatorCheck.StateFormat, EmulatorCheck.StateFormat.Replace("libunicorn 2", "libunicorn 9", StringComparison.Ordinal));

        Assert.That(
            () => Load(forged.ToFile()),
            Throws.TypeOf<SnapshotException>().With.Message.StartsWith("snapshot-emulator: tested was taken on libunicorn 9").And.Message.Contains(EmulatorCheck.StateFormat));
    }

    [TestCase(3, 1 << 20)]
    [TestCase(1, 1 << 20)]
    public void ALengthThatTheFileCantHoldIsRefusedBeforeItIsAllocated(int kind, int claimed)
    {
        byte[] file = [.. SmallFile()[..12], .. ForgedSnapshot.RecordOf(kind, [1, 2, 3], 3, claimed)];

        Assert.That(() => Load(file), Throws.TypeOf<SnapshotException>().With.Message.StartsWith("snapshot-truncated"));
    }

    [Test]
    public void AnythingForgedWithRightChecksumsIsRefusedOrRuns()
    {
        byte[] file = SmallFile();
        int records = new ForgedSnapshot(file).Records.Count;
        Gen.Select(Gen.Int[0, records - 1], Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte).Array[1, 8]).Sample(
            (record, changes) =>
            {
                ForgedSnapshot forged = new(file);
                byte[] content = forged.Records[record].Content;
                foreach ((int at, byte value) in changes)
                {
                    content[at % content.Length] = value;
                }

                RestoreAndRun(forged.ToFile());
            },
            iter: 150,
            threads: 1);
    }

    [Test]
    public void TheProcessorsStateWithAnyOfItsFieldsChangedIsRefusedOrRuns()
    {
        byte[] file = SmallFile();
        int processor = new ForgedSnapshot(file).Records.FindIndex(r => r.Kind == Section && r.Content.AsSpan().IndexOf("vcpu-0"u8) >= 0);
        for (int at = 4; at < 850; at += 4)
        {
            ForgedSnapshot forged = new(file);
            forged.Records[processor].Content[at] ^= 0xff;
            RestoreAndRun(forged.ToFile());
        }
    }

    [Test]
    public void AMissingOrDoubledSectionIsRefused()
    {
        ForgedSnapshot missing = new(SmallFile());
        missing.Records.RemoveAt(missing.Records.FindIndex(r => r.Kind == Section));
        ForgedSnapshot doubled = new(SmallFile());
        doubled.Records.Insert(1, doubled.Records[1]);

        Assert.That(() => Load(missing.ToFile()), Throws.TypeOf<SnapshotException>().With.Message.Contains("sections"));
        Assert.That(() => Load(doubled.ToFile()), Throws.TypeOf<SnapshotException>().With.Message.Contains("sections"));
    }

    [Test]
    public void PagesThatComeTwiceAreRefused()
    {
        ForgedSnapshot forged = new(SmallFile());
        int pages = forged.Records.FindIndex(r => r.Kind == Pages);
        forged.Records.Insert(pages, forged.Records[pages]);

        Assert.That(() => Load(forged.ToFile()), Throws.TypeOf<SnapshotException>().With.Message.Contains("a page at"));
    }

    [Test]
    public void AFileIsReplacedAsAWholeOrNotAtAll()
    {
        string folder = Directory.CreateTempSubdirectory("snapshot-").FullName;
        try
        {
            string path = Path.Combine(folder, "saved");
            File.WriteAllText(path, "before");
            using BareGuest guest = Ticking();
            using MachineSnapshot snapshot = guest.Machine.TakeSnapshot();

            long length = SnapshotFile.Save(snapshot, path);

            Assert.That(new FileInfo(path).Length, Is.EqualTo(length));
            Assert.That(Directory.GetFiles(folder), Is.EqualTo(new[] { path }), "nothing else is left behind");
            Assert.That(SnapshotFile.Describe(path).Options.MemoryBytes, Is.EqualTo(32 << 20));
            Assert.That(() => SnapshotFile.Save(snapshot, Path.Combine(folder, "none", "saved")), Throws.InstanceOf<IOException>());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void RestoreAndRun(byte[] file)
    {
        try
        {
            using MachineSnapshot snapshot = Load(file);
            using Machine machine = snapshot.Fork();

            // Forged priorities may keep every interrupt away from a processor that halts: then only time passes.
            machine.Run(new RunLimits(50, 1_000_000_000));
        }
        catch (SnapshotException)
        {
            // Refused, which is as good.
        }
        catch (InvalidOperationException e) when (e.Message.StartsWith("guard-not-taken-over", StringComparison.Ordinal) || e.Message.StartsWith("state-not-taken-over", StringComparison.Ordinal))
        {
            // A page or section that nobody takes over is refused when the machine is to run.
        }
    }

    private static void Replace(ForgedSnapshot forged, int record, string from, string to)
    {
        byte[] content = forged.Records[record].Content;
        int at = content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(from));
        Encoding.UTF8.GetBytes(to).CopyTo(content, at);
    }

    private static byte[] Save(Machine machine)
    {
        using MachineSnapshot snapshot = machine.TakeSnapshot();
        using MemoryStream stream = new();
        SnapshotFile.Save(snapshot, stream);
        return stream.ToArray();
    }

    private static MachineSnapshot Load(byte[] file) => SnapshotFile.Load(new MemoryStream(file), "tested", null);

    private static byte[] SmallFile()
    {
        using BareGuest guest = Ticking();
        guest.Machine.Run(RunLimits.ForBlocks(500));
        return Save(guest.Machine);
    }

    /// <summary>A guest that counts, and halts until the timer's interrupt, which counts too.</summary>
    internal static BareGuest Ticking()
    {
        BareGuest guest = new();
        guest.Handle(0x20, a =>
        {
            a.inc(__qword_ptr[BareGuest.Scratch + 8]);
            a.push(rax);
            a.mov(al, 0x20);
            a.@out(0x20, al);
            a.pop(rax);
            a.iretq();
        });
        guest.Boot(a =>
        {
            var again = a.CreateLabel();
            InterruptTests.InitialisePics(a, mask: 0xfe);
            InterruptTests.StartTimer(a, 1193);
            a.mov(rbx, BareGuest.Scratch);
            a.sti();
            a.Label(ref again);
            a.inc(__qword_ptr[rbx]);
            a.fld1();
            a.fadd(st0, st0);
            a.fstp(st0);
            a.cvtsi2sd(xmm0, rbx);
            a.hlt();
            a.jmp(again);
        });
        return guest;
    }
}
