using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Lucos.Control.Sockets;

namespace Lucos.Guest.Tests.Commands;

/// <summary>Guests that do what they like, and operators who look at them, hold them, save them and end them: all as processes.</summary>
[CancelAfter(60_000)]
public sealed class GuestProcessTests : ProcessTests
{
    private const string Booting = "Lucos 0.1.0 on";

    /// <summary>What a guest is about.</summary>
    public enum Doing
    {
        /// <summary>It boots.</summary>
        Booting,

        /// <summary>It loops with interrupts off.</summary>
        Spinning,

        /// <summary>It is paused at its prompt.</summary>
        Paused,

        /// <summary>It is paused in its loop with interrupts off.</summary>
        SpinningAndPaused,
    }

    [Test]
    public async Task AnInterruptEndsItWith130AndLeavesNothing([Values] Doing what, CancellationToken cancel)
    {
        using var run = LucosProcess.Start(Folder, "run");
        await BringToAsync(run, what, cancel);
        await run.SignalAsync("INT", cancel);
        Assert.That((await run.EndAsync(cancel)).Code, Is.EqualTo(130));
        Assert.That(Leftovers(), Is.Empty);
    }

    [Test]
    public async Task AKilledOneDoesNotKeepTheNextFromStarting([Values(Doing.Spinning, Doing.SpinningAndPaused)] Doing what, CancellationToken cancel)
    {
        using (var killed = LucosProcess.Start(Folder, "run", "--name", "same"))
        {
            await BringToAsync(killed, what, cancel, "same");
            await killed.SignalAsync("KILL", cancel);
            await killed.EndAsync(cancel);
        }

        Assert.That(Leftovers().Select(Path.GetFileName), Is.EqualTo(new[] { "same.sock" }), "a socket that nobody serves");
        Assert.That((await AskAsync(cancel, "list", "-o", "json"))["guests"], Is.Empty);
        using var next = LucosProcess.Start(Folder, "run", "--name", "same");
        await next.SeeAsync(Prompt, cancel);
        Assert.That((string?)(await AskAsync(cancel, "info", "-o", "json"))["state"], Is.EqualTo("running"));
    }

    [Test]
    public async Task OneThatLoopsWithInterruptsOffIsInspectedPausedSavedAndStopped(CancellationToken cancel)
    {
        var file = Path.Combine(Folder, "spinning.snapshot");
        using (var run = LucosProcess.Start(Folder, "run"))
        {
            await BringToAsync(run, Doing.Spinning, cancel);
            var info = await LucosProcess.RunAsync(Folder, cancel, "guest", "info");
            Assert.That(info.Output, Does.Contain("crash_spin").And.Contain("sys_write").And.Contain("rflags").And.Contain("memory 64 MiB"));

            await AskAsync(cancel, "pause", "-o", "json");
            var paused = await AskAsync(cancel, "info", "-o", "json");
            Assert.That((ulong?)(await AskAsync(cancel, "info", "-o", "json"))["blocks"], Is.EqualTo((ulong?)paused["blocks"]));
            Assert.That((ulong?)(await AskAsync(cancel, "snapshot", "--to", file, "-o", "json"))["blocks"], Is.EqualTo((ulong?)paused["blocks"]));
            Assert.That((string?)(await AskAsync(cancel, "resume", "-o", "json"))["state"], Is.EqualTo("running"));
            Assert.That((string?)(await AskAsync(cancel, "stop", "-o", "json"))["state"], Is.EqualTo("stopped"));
            Assert.That((await run.EndAsync(cancel)).Code, Is.Zero);
        }

        Assert.That(Leftovers(), Is.EqualTo(new[] { file }));
        using var restored = LucosProcess.Start(Folder, "run", "--restore", file);
        await AwaitSocketAsync(cancel);
        await SeeInfoAsync("crash_spin", cancel);
        await restored.SignalAsync("INT", cancel);
        Assert.That((await restored.EndAsync(cancel)).Code, Is.EqualTo(130));
    }

    [Test]
    public async Task ASnapshotGoesOnWithItsUpdatesAndItsConsole(CancellationToken cancel)
    {
        var file = Path.Combine(Folder, "draining.snapshot");
        using (var run = LucosProcess.Start(Folder, "run", "--cpus", "2", "--seed", "7"))
        {
            await run.SeeAsync(Prompt, cancel);
            await run.TypeAsync("sleep 1000 | cat &\necho started\n");
            await run.SeeAsync(Prompt + "started", cancel);
            Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-stats", "--no-wait")).Code, Is.Zero);
            await AskAsync(cancel, "snapshot", "--to", file, "-o", "json");
            await AskAsync(cancel, "stop", "-o", "json");
        }

        using var restored = LucosProcess.Start(Folder, "run", "--restore", file, "--cpus", "2", "--memory", "64M");
        await restored.TypeAsync("nproc\n");
        await restored.SeeAsync("nproc\r\n2\r\n", cancel);
        var status = await LucosProcess.RunAsync(Folder, cancel, "update", "status");
        Assert.That(status.Output, Does.Contain("pipe-stats").And.Contain("draining").And.Contain("(cat) in pipe_read"));
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "cancel", "pipe-stats")).Code, Is.Zero);
    }

    [TestCase("--cpus", "3", "has 1 processors")]
    [TestCase("--memory", "128M", "has 64 MiB")]
    [TestCase("--seed", "2", "has 1 seed")]
    public async Task WhatDoesNotFitASnapshotIsRefused(string option, string value, string why, CancellationToken cancel)
    {
        var file = await SaveAsync(cancel);
        var (code, output, errors) = await LucosProcess.RunAsync(Folder, cancel, "run", "--restore", file, option, value);
        Assert.That((code, output), Is.EqualTo((2, "")));
        Assert.That(errors, Does.Contain("restore-conflict").And.Contain(option).And.Contain(why));
    }

    [Test]
    public async Task ASnapshotOfAnotherKernelOrADamagedOneIsRefused(CancellationToken cancel)
    {
        var file = await SaveAsync(cancel);
        var kernel = await File.ReadAllBytesAsync(GuestImages.Kernel, cancel);
        var buildId = kernel.AsSpan().IndexOf("GNU\0"u8) + 4;
        kernel[buildId] ^= 1;
        var other = Path.Combine(Folder, "other.elf");
        await File.WriteAllBytesAsync(other, kernel, cancel);
        var foreign = await LucosProcess.RunAsync(Folder, cancel, "run", "--restore", file, "--kernel", other);
        Assert.That(foreign.Code, Is.EqualTo(3));
        Assert.That(foreign.Errors, Does.Contain("snapshot-kernel"));

        var bytes = await File.ReadAllBytesAsync(file, cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, cancel);
        var damaged = await LucosProcess.RunAsync(Folder, cancel, "run", "--restore", file);
        Assert.That(damaged.Code, Is.EqualTo(3));
        Assert.That(damaged.Errors, Does.Contain("snapshot-damaged"));
    }

    [Test]
    public async Task AReaderThatDoesNotReadHasTheGuestPausedAndCanStillBeInterrupted(CancellationToken cancel)
    {
        using var run = LucosProcess.StartUnread(Folder, "run");
        await AwaitSocketAsync(cancel);
        await run.TypeAsync("cat /dev/zero\n");
        await SeeHolderAsync("console", cancel);
        await run.SignalAsync("INT", cancel);
        run.BeginReading();
        Assert.That((await run.EndAsync(cancel)).Code, Is.EqualTo(130));
        Assert.That(Leftovers(), Is.Empty);
    }

    [Test]
    public async Task AReaderThatReadsAgainMissesNothing(CancellationToken cancel)
    {
        const int dumps = 10;
        using var run = LucosProcess.StartUnread(Folder, "run");
        await AwaitSocketAsync(cancel);
        await run.TypeAsync(string.Concat(Enumerable.Repeat("hexdump < /bin/utest\n", dumps)) + "poweroff\n");
        await SeeHolderAsync("console", cancel);
        run.BeginReading();
        Assert.That((await run.EndAsync(cancel)).Code, Is.Zero);
        var outputs = run.Output.Split(Prompt).Where(o => o.Contains("\n00000010 ", StringComparison.Ordinal)).Select(o => o[o.IndexOf("00000000 ", StringComparison.Ordinal)..]).ToList();
        Assert.That(outputs, Has.Count.EqualTo(dumps));
        Assert.That(outputs.Distinct().ToList(), Has.Count.EqualTo(1), "each the same to the last byte");
    }

    private async Task BringToAsync(LucosProcess run, Doing what, CancellationToken cancel, string name = "guest")
    {
        await run.SeeAsync(what == Doing.Booting ? Booting : Prompt, cancel);
        if (what is Doing.Spinning or Doing.SpinningAndPaused)
        {
            await run.TypeAsync("crash spin\n");
            await SeeInfoAsync("crash_spin", cancel, name);
        }

        if (what is Doing.Paused or Doing.SpinningAndPaused)
        {
            await AskAsync(cancel, "pause", "-o", "json");
        }
    }

    private async Task<string> SaveAsync(CancellationToken cancel)
    {
        var file = Path.Combine(Folder, "guest.snapshot");
        using var run = LucosProcess.Start(Folder, "run");
        await run.SeeAsync(Prompt, cancel);
        await AskAsync(cancel, "snapshot", "--to", file, "-o", "json");
        await AskAsync(cancel, "stop", "-o", "json");
        await run.EndAsync(cancel);
        return file;
    }

    private async Task<JsonNode> AskAsync(CancellationToken cancel, params string[] verb)
    {
        var (code, output, errors) = await LucosProcess.RunAsync(Folder, cancel, ["guest", .. verb]);
        Assert.That(code, Is.Zero, output + errors);
        return JsonNode.Parse(output)!;
    }

    /// <summary>Nothing tells that the socket is there while nobody reads what the process prints: it is asked for until it answers.</summary>
    private async Task AwaitSocketAsync(CancellationToken cancel)
    {
        while ((await LucosProcess.RunAsync(Folder, cancel, "guest", "info")).Code != 0)
        {
            cancel.ThrowIfCancellationRequested();
        }
    }

    private Task SeeHolderAsync(string holder, CancellationToken cancel) => SeeInfoAsync($"\"{holder}\"", cancel);

    /// <summary>Asks one connection again and again; a process for each question would take most of the machine.</summary>
    private async Task SeeInfoAsync(string text, CancellationToken cancel, string name = "guest")
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Folder, "lucos", name + ".sock")), cancel);
        using var stream = new NetworkStream(socket);
        var reader = new LineReader(stream);
        string info;
        do
        {
            await stream.WriteAsync("{\"verb\":\"info\"}\n"u8.ToArray(), cancel);
            info = Encoding.UTF8.GetString((await reader.ReadAsync(cancel))!.Value.Span);
        }
        while (!info.Contains(text, StringComparison.Ordinal));
    }

    /// <summary>What a run has left in its runtime folder, besides its log.</summary>
    private IEnumerable<string> Leftovers() =>
        Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith(Path.Combine(Folder, "state"), StringComparison.Ordinal));
}
