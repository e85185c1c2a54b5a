using CsCheck;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Lucos.Vmm;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Guests that fail, and guests that can't be started: each ends with a report, none hangs.</summary>
public sealed class DyingGuestTests
{
    private static readonly string[] s_registers = ["rip ", "rflags ", "rsp ", "cr2 ", "cr3 "];

    [Test]
    public void AnOopsKillsTheProcessOnly()
    {
        using var guest = new UpdatableGuest();
        var crash = guest.Run("crash oops");
        Assert.That(crash.ExitStatus, Is.EqualTo(139));
        Assert.That(crash.Output, Does.Contain("Kernel oops").And.Contain("crash_oops").And.Contain("crash_write"));
        Assert.That(guest.Run("echo alive").Output, Is.EqualTo("alive\n"));
        Assert.That(guest.Apply("fix-readlog").Refusal, Is.EqualTo(Lucos.Abi.Refusal.None));
    }

    [Test]
    public void AUserFaultKillsTheProcessOnlyAndIsNoOops()
    {
        using var guest = new UpdatableGuest();
        var crash = guest.Run("crash user");
        Assert.That(crash.ExitStatus, Is.EqualTo(139));
        Assert.That(guest.Console, Does.Not.Contain("Kernel oops"));
    }

    [TestCase("panic", "asked for through /dev/crash")]
    [TestCase("stack", "crash_stack")]
    public void APanicPowersOffWithAValueAndLastWords(string how, string named)
    {
        using var guest = new UpdatableGuest();
        var stop = EndOf(guest, $"crash {how}\n");
        Assert.That(stop, Is.EqualTo(new GuestStop(GuestStopKind.PoweredOff, 0x7f)));
        Assert.That(guest.Console, Does.Contain("Kernel panic").And.Contain(named).And.Contain("Backtrace"));
    }

    [Test]
    public void PowerOffIsNoFailure()
    {
        using var guest = new UpdatableGuest();
        Assert.That(EndOf(guest, "poweroff\n"), Is.EqualTo(new GuestStop(GuestStopKind.PoweredOff, 0)));
    }

    [Test]
    public void ATripleFaultIsReportedWithRegistersAndABacktrace()
    {
        using var guest = new UpdatableGuest();
        var stop = EndOf(guest, "crash triple\n");
        Assert.That(stop.Kind, Is.EqualTo(GuestStopKind.Died));
        Assert.That(stop.Report, Does.StartWith("triple fault").And.Contain("crash_write"));
        Assert.That(s_registers, Is.All.Matches<string>(name => stop.Report.Contains(name!, StringComparison.Ordinal)));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AGuestOnItsOwnThreadEndsForItsOwnerAndForWhoeverWaits(CancellationToken cancel)
    {
        using var host = new GuestHost(UpdatableGuest.Start(new GuestSettings()));
        var prompt = new TaskCompletionSource();
        var console = new ConsoleLog();
        host.ConsoleOutput += bytes =>
        {
            console.Append(bytes.Span);
            if (console.Since(0).EndsWith("$ "))
            {
                prompt.TrySetResult();
            }
        };
        host.Start();
        await prompt.Task.WaitAsync(cancel);
        await host.TypeAsync("crash triple\n"u8.ToArray());

        var stop = await host.Ended.WaitAsync(cancel);

        Assert.That(stop.Kind, Is.EqualTo(GuestStopKind.Died));
        Assert.That(
            async () => await host.AskAsync(Lucos.Abi.RequestKind.Check, "late", new byte[100]),
            Throws.TypeOf<GuestEndedException>().With.Message.Contains("triple fault"));
    }

    [Test]
    public void AKernelThatIsNoElfFileIsRefused() => ExpectRefusal("bad-kernel", "elf-not-elf", kernel: _ => new byte[10_000]);

    [Test]
    public void AnEmptyKernelIsRefused() => ExpectRefusal("bad-kernel", "", kernel: _ => []);

    [Test]
    public void ATruncatedKernelIsRefusedWhereverItEnds() =>
        Gen.Int[1, (int)new FileInfo(GuestImages.Kernel).Length - 1].Sample(
            length => ExpectRefusal("bad-kernel", "", kernel: bytes => bytes[..length]), iter: 20, threads: 1);

    [Test]
    public void AKernelThatDoesNotFitIsRefused() => ExpectRefusal("bad-kernel", "RAM", kernel: GrowLastSegment);

    [Test]
    public void AnInitramfsThatIsNoArchiveIsRefused() => ExpectRefusal("bad-initramfs", "cpio", initramfs: _ => new byte[4096]);

    [Test]
    public void ADamagedInitramfsEndsInAPromptOrAPanicNeverInAHang()
    {
        var good = File.ReadAllBytes(GuestImages.Initramfs);
        var headers = HeaderOffsets(good);
        Gen.Select(Gen.Int[0, headers.Count - 1], Gen.Int[0, 109], Gen.Int[0, 7]).Sample(
            (entry, at, bit) =>
            {
                var bytes = (byte[])good.Clone();
                bytes[headers[entry] + at] ^= (byte)(1 << bit);
                return IsCleanEnd(bytes);
            },
            iter: 25, threads: 1);
    }

    [Test]
    public void ADamagedInitramfsIsTakenOrRefusedByNameBeforeTheStart()
    {
        var good = File.ReadAllBytes(GuestImages.Initramfs);
        var headers = HeaderOffsets(good);
        var refused = 0;
        Gen.Select(Gen.Int[0, headers.Count - 1], Gen.Int[0, 109], Gen.Int[0, 7]).Sample(
            (entry, at, bit) =>
            {
                var bytes = (byte[])good.Clone();
                bytes[headers[entry] + at] ^= (byte)(1 << bit);
                try
                {
                    return Initramfs.WithFiles(bytes, new Dictionary<string, byte[]>()).Length > 0;
                }
                catch (InvalidDataException e)
                {
                    refused++;
                    return e.Message.StartsWith("bad-initramfs: ", StringComparison.Ordinal);
                }
            },
            iter: 200, threads: 1);
        Assert.That(refused, Is.Positive);
    }

    private static bool IsCleanEnd(byte[] initramfs)
    {
        using var guest = new BootedGuest(initramfs: initramfs);
        var stop = guest.Run();
        return (stop is MachineStop.StopRequested && guest.Console.EndsWith("$ ", StringComparison.Ordinal))
            || (stop is MachineStop.PowerOff(not 0) && guest.Console.Contains("Kernel panic: ", StringComparison.Ordinal));
    }

    private static List<int> HeaderOffsets(byte[] archive)
    {
        var found = new List<int>();
        for (var at = 0; at + 110 <= archive.Length; at += 4)
        {
            if (archive.AsSpan(at).StartsWith("070701"u8))
            {
                found.Add(at);
            }
        }

        return found;
    }

    /// <summary>The size in memory of the last loaded segment becomes a gibibyte.</summary>
    private static byte[] GrowLastSegment(byte[] kernel)
    {
        var table = BitConverter.ToInt32(kernel, 32);
        var last = Enumerable.Range(0, BitConverter.ToUInt16(kernel, 56)).Select(i => table + (i * 56))
            .Where(at => BitConverter.ToInt32(kernel, at) == 1).MaxBy(at => BitConverter.ToUInt64(kernel, at + 24));
        BitConverter.GetBytes(1UL << 30).CopyTo(kernel, last + 40);
        return kernel;
    }

    private static void ExpectRefusal(
        string reason, string named, Func<byte[], byte[]>? kernel = null, Func<byte[], byte[]>? initramfs = null)
    {
        var folder = Directory.CreateTempSubdirectory("lucos-test-");
        try
        {
            var files = new GuestFiles(
                Damaged(GuestImages.Kernel, kernel, folder), Damaged(GuestImages.Initramfs, initramfs, folder), folder.FullName);
            var refused = Assert.Throws<LucosException>(() => new VmmGuestStarter(files).Start(new GuestSettings(), null).Dispose());
            Assert.That(refused!.Reason, Is.EqualTo(reason));
            Assert.That(refused.Message, Does.Contain(named));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Damaged(string file, Func<byte[], byte[]>? damage, DirectoryInfo folder)
    {
        if (damage is null)
        {
            return file;
        }

        var copy = Path.Combine(folder.FullName, Path.GetFileName(file));
        File.WriteAllBytes(copy, damage(File.ReadAllBytes(file)));
        return copy;
    }

    /// <summary>Types, and runs the guest to its end.</summary>
    private static GuestStop EndOf(UpdatableGuest guest, string typed)
    {
        guest.Session.Type(typed);
        return Assert.Throws<GuestEndedException>(() => guest.Session.RunBlocks(UpdatableGuest.Budget))!.Stop;
    }
}
