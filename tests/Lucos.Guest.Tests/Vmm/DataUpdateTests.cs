using System.Text.RegularExpressions;
using Lucos.Abi;
using Lucos.Packaging;
using Lucos.Tests.Shared;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Updates of data on the real guest: both versions live while somebody sleeps in old code.</summary>
public sealed partial class DataUpdateTests
{
    [Test]
    public void PipesAreWidenedWhileAReaderSleepsInOneAndNarrowedAgain()
    {
        using var guest = new UpdatableGuest();
        var before = guest.CopyCode();
        guest.Run("sleep 3 | cat &");

        Assert.That(guest.Apply("pipe-wide").Refusal, Is.EqualTo(Refusal.None));

        var coexisting = guest.Update("pipe-wide");
        Assert.That((coexisting.State, coexisting.Data!.IsMonitored, coexisting.Stubs), Is.EqualTo((UpdateState.Draining, true, 1)));
        Assert.That(guest.Run("echo through | cat").Output, Does.EndWith("through\n"));
        Assert.That(guest.Update("pipe-wide").Data!.Transfers, Is.GreaterThan(coexisting.Data.Transfers));
        guest.AwaitState("pipe-wide", UpdateState.Finished);
        Assert.That(guest.Update("pipe-wide").Data, Has.Property("IsMonitored").False);
        Assert.That(guest.Run("echo through | cat").Output, Does.EndWith("through\n"));

        Assert.That(guest.Undo("pipe-wide").Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("pipe-wide", UpdateState.RolledBack);
        guest.Session.Await("the module's memory to be freed", () => guest.Update("pipe-wide").MemoryReleased, UpdatableGuest.Budget);
        Assert.That(guest.Run("echo through | cat").Output, Does.EndWith("through\n"));
        Assert.That(guest.HasCode(before), Is.True);
    }

    [Test]
    public void TransferThatFailsWhileBothLiveLeavesTheOldPipesRunning()
    {
        using var guest = new UpdatableGuest();
        var before = guest.CopyCode();
        guest.Run("sleep 3 | cat &");
        guest.Apply("pipe-wide-fails");
        guest.Run($"echo {new string('x', 150)} | cat");

        guest.AwaitState("pipe-wide-fails", UpdateState.RolledBack);
        Assert.That(guest.Update("pipe-wide-fails").Refusal, Is.EqualTo(Refusal.TransferFailed).Or.EqualTo(Refusal.Incoherent));
        Assert.That(guest.Update("pipe-wide-fails").Detail, Does.Contain("what new code wrote there is lost"));
        Assert.That(guest.Run("echo again | cat").Output, Does.EndWith("again\n"));
        guest.Session.Await("the module's memory to be freed", () => guest.Update("pipe-wide-fails").MemoryReleased, UpdatableGuest.Budget);
        Assert.That(guest.HasCode(before), Is.True);
    }

    /// <summary>While an undo waits for a pipe that nobody reads, new code puts no more than a page into any; once it is refused, who waits for room has it again.</summary>
    [Test]
    public void WriterThatAnUndoHeldBackGoesOnWhenItIsRefused()
    {
        using var guest = new UpdatableGuest();
        Assert.That(guest.Apply("pipe-ring").Refusal, Is.EqualTo(Refusal.None));
        guest.Run("true");
        guest.AwaitState("pipe-ring", UpdateState.Finished);
        guest.Run("cat /bin/utest /bin/lucosctl | sleep 1000 &");
        AwaitWriters(guest, 1);

        var undo = guest.Submit(RequestKind.Undo, "pipe-ring", []);
        guest.Session.RunBlocks(50_000);
        guest.Run("cat /updates/fix-readlog.lup | sleep 1000 &");
        AwaitWriters(guest, 2);
        Assert.That(guest.Guest.AnswerTo(undo), Is.Null, "it still waits");
        var answer = guest.Answer(undo);

        Assert.That(answer.Refusal, Is.EqualTo(Refusal.NotRepresentable), answer.Detail);
        Assert.That(answer.Detail, Does.Contain("pipe_type"));
        AwaitWriters(guest, 1);
        Assert.That(guest.Update("pipe-ring").State, Is.EqualTo(UpdateState.Finished));
    }

    [Test]
    public void StartupFunctionThatSaysNoLeavesNothingOfTheDataEither()
    {
        using var guest = new UpdatableGuest();
        Assert.That(guest.Apply(WithStartup(-5)).Refusal, Is.EqualTo(Refusal.StartupFailed));
        guest.Session.RunBlocks(20_000);
        var memory = Memory(guest).ToArray();

        var answer = guest.Apply(WithStartup(-5));

        Assert.That(answer.Refusal, Is.EqualTo(Refusal.StartupFailed), answer.Detail);
        Assert.That(answer.Detail, Does.Contain("files: its startup function returned -5"));
        guest.Session.RunBlocks(20_000);
        var differences = new MemoryRegions(guest.Machine, UpdatableGuest.Kernel).Differences(memory, Memory(guest));
        Assert.That(differences.Keys.Except(ExplainedDifferences.Of(cpus: 1)), Is.Empty);
        Assert.That(guest.Apply(WithStartup(0)).Refusal, Is.EqualTo(Refusal.None));
    }

    private static ReadOnlySpan<byte> Memory(UpdatableGuest guest) => guest.Machine.Memory.Span(new GuestPhysicalAddress(0), (int)guest.Machine.Memory.Size);

    private static void AwaitWriters(UpdatableGuest guest, int count)
    {
        const int mostLooks = 100;
        var processes = "";
        for (var looks = 0; looks < mostLooks && Writer().Count(processes) != count; looks++)
        {
            processes = guest.Run("ps").Output;
        }

        Assert.That(Writer().Count(processes), Is.EqualTo(count), processes);
    }

    // TID, PID, ..., WAITING, NAME.
    [GeneratedRegex(@"(?m)^.* S +\d+ pipe_write +cat\s*$")]
    private static partial Regex Writer();

    private static byte[] WithStartup(int result)
    {
        var source = $$"""
            #include <kernel/fs.h>
            #include <lucos_update.h>

            LUCOS_UPDATE("files", "1.0", "files and a variable change, or do not");

            extern u64 klog_written;
            struct wide_file { struct file base; u64 reads; };
            static u64 new_written;

            static void widen(const struct file *old, struct wide_file *new) { new->base = *old; }
            static void narrow(const struct wide_file *new, struct file *old) { *old = new->base; }
            static void copy(const u64 *old, u64 *new) { *new = *old; }
            static s64 readlog(char *buf, s64 offset, u64 len) { return 0; }
            static int start(void) { return {{result}}; }

            LUCOS_TYPE_CACHE(files, "file", struct file, struct wide_file, widen, narrow, .shared_head = offsetof(struct file, offset));
            LUCOS_TYPE_VARIABLE(written, klog_written, new_written, copy, copy);
            LUCOS_REPLACE(sys_readlog, readlog);
            LUCOS_STARTUP(start);
            """;
        var diagnostics = new DiagnosticBag();
        return PackageBuilder.Build(UpdateCompiler.Compile(source, "-fno-omit-frame-pointer", "-Wno-unused-parameter"), UpdatableGuest.Kernel, diagnostics)
            ?? throw new AssertionException(string.Join('\n', diagnostics));
    }
}
