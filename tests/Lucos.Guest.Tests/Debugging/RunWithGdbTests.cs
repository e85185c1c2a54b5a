using System.Diagnostics;
using Lucos.Guest.Tests.Commands;

namespace Lucos.Guest.Tests.Debugging;

/// <summary><c>lucos run --gdb</c> as a process of its own, as users start it.</summary>
[CancelAfter(40_000)]
public sealed class RunWithGdbTests : ProcessTests
{
    [Test]
    public async Task AGuestThatWaitsForGdbIsDebuggedFromItsFirstInstructionByTheCommandLineThatIsPrinted(CancellationToken cancel)
    {
        using var run = LucosProcess.Start(Folder, "run", "--gdb", "0", "--gdb-wait");
        var command = await run.FirstError.WaitAsync(cancel);
        Assert.That(command, Does.Match(@"^gdb \S+kernel\.elf -ex 'target remote 127\.0\.0\.1:\d+'$"));

        var said = await ShellAsync($"{command} -nx -batch -ex 'x/i $pc' -ex 'hbreak kernel_main' -ex continue -ex 'backtrace 1' -ex 'delete' -ex kill", cancel);
        Assert.That(said, Does.Match(@"=> 0x1[0-9a-f]{5}:\t").And.Contain("Breakpoint 1, kernel_main (start_info_phys="));
        Assert.That((await run.EndAsync(cancel)).Code, Is.Zero);
    }

    [Test]
    public async Task WhileGdbHoldsTheGuestQuestionsAreAnsweredAndUpdatesWait(CancellationToken cancel)
    {
        using var run = LucosProcess.Start(Folder, "run", "--gdb", "0");
        var command = await run.FirstError.WaitAsync(cancel);
        await run.SeeAsync("lucos:/$ ", cancel);
        var lucos = $"XDG_RUNTIME_DIR={Folder} dotnet {typeof(Lucos.Cli.LucosProgram).Assembly.Location}";
        var said = await ShellAsync(
            $"{command} -nx -batch -ex 'shell {lucos} update apply fix-readlog >/dev/null 2>&1 &' -ex 'shell {lucos} update status; {lucos} uname' -ex 'x/i sys_readlog' -ex detach", cancel);
        Assert.That(said, Does.Contain("\n0.1.0\n").And.Not.Match(@"<sys_readlog>:\tjmp"));
        while ((await LucosProcess.RunAsync(Folder, cancel, "uname")).Output != "0.1.0+fix-readlog\n")
        {
            cancel.ThrowIfCancellationRequested();
        }
    }

    [TestCase("gdb-not-recorded", "--gdb", "0", "--record", "x.record")]
    [TestCase("no-gdb-address", "--gdb-wait")]
    [TestCase("bad-gdb-address", "--gdb", "nowhere")]
    public async Task WhatCannotBeDebuggedIsRefusedBeforeTheGuestStarts(string reason, params string[] options)
    {
        var (code, output, errors) = await LucosProcess.RunAsync(Folder, TestContext.CurrentContext.CancellationToken, ["run", .. options]);
        Assert.That((code, output), Is.EqualTo((2, "")));
        Assert.That(errors, Does.Contain(reason));
    }

    private static async Task<string> ShellAsync(string command, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("sh", ["-c", command + " 2>&1"]) { RedirectStandardOutput = true };
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync(cancel);
        await shell.WaitForExitAsync(cancel);
        return output;
    }
}
