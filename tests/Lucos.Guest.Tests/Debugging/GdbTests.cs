using System.Globalization;
using System.Text.RegularExpressions;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Debugging;

/// <summary>What users do with gdb, done with Debian's gdb and the kernel's ELF file.</summary>
[CancelAfter(30_000)]
public sealed partial class GdbTests
{
    private const string JumpToItself = "set var *(unsigned short *)$pc = 0xfeeb";
    private const string InterruptsOff = "set var $eflags = $eflags & ~0x200";

    [TestCase("break", "Breakpoint 1, ")]
    [TestCase("hbreak", "Breakpoint 1, ")]
    public async Task ABreakpointStopsWithArgumentsBacktraceAndVariables(string command, string stop, CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbTypingAsync("readlog-exploit\n", $"{command} sys_readlog", "continue", "backtrace", "print len", "print ticks", "detach");
        Assert.That(said, Does.Contain(stop + "sys_readlog (buf=0x").And.Match(@"#1 .* in syscall_dispatch").And.Match(@"\$1 = \d+\n\$2 = \d+"));
    }

    [Test]
    public async Task AWatchpointStopsRightBehindTheStoringInstruction(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbAsync("watch ticks", "continue", "x/i $pc", "continue", "disassemble tick");
        var values = Values().Matches(said);
        Assert.That(values, Has.Count.EqualTo(2), said);
        Assert.That(values, Is.All.Matches<Match>(v => Number(v!.Groups[2].Value) == Number(v.Groups[1].Value) + 1));
        var pc = PcOfList().Match(said).Groups[1].Value;
        Assert.That(said, Does.Match($@"(inc|add|mov)[^\n]*\(%rip\) +# 0x[0-9a-f]+ <ticks>\n(=> |   )0x{pc} "), "the instruction before it is the store");
    }

    [TestCase("rwatch")]
    [TestCase("awatch")]
    public async Task AReadWatchpointStopsRightBehindTheLoadingInstruction(string command, CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbAsync($"{command} ticks", "continue", "x/i $pc", "disassemble");
        Assert.That(said, Does.Match("Hardware (read|access \\(read/write\\)) watchpoint 1: ticks\n\nValue = \\d+"));
        Assert.That(said, Does.Match(@"# 0x[0-9a-f]+ <ticks>\n=> "), "the instruction before it is the load");
    }

    [Test]
    public async Task AStepGoesFromOneInstructionToTheNext(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbTypingAsync("echo step\n", "break *sys_write", "continue", "x/2i $pc", "stepi", "print $pc", "next", "next", "finish");
        var second = SecondOfList().Match(said).Groups[1].Value;
        Assert.That(said, Does.Contain($"$1 = (void (*)()) {second} <sys_write+"));
        Assert.That(said, Does.Contain("Value returned is $2 = "));
    }

    [Test]
    public async Task RegistersAreReadAndWrittenControlAndVectorRegistersToo(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbAsync(
            "print/x $cr0", "print/x $efer", "print $cs", "print/x $gs_base", "print $st0",
            "set var $r15 = 0x1234567890", "print/x $r15", "set var $xmm7.uint128 = 77", "print $xmm7.uint128", "set var $k_gs_base = 5", "print $k_gs_base",
            "print $fiseg", "info registers eflags", "set var $cr8 = 3");
        Assert.That(said, Does.Match(@"\$1 = 0x800[0-9a-f]+\n\$2 = 0xd01\n\$3 = 8\n\$4 = 0xffffffff80[0-9a-f]+\n\$5 = 0"));
        Assert.That(said, Does.Contain("$6 = 0x1234567890\n$7 = 77\n$8 = 5\n$9 = <unavailable>"));
        Assert.That(said, Does.Contain("Could not write register \"cr8\""));
    }

    [Test]
    public async Task ThreadsAreProcessorsAndSayWhatTheyDo(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel, cpus: 4);
        var said = await guest.GdbTypingAsync("echo four\n", "break sys_write", "continue", "info threads", "thread apply all print $_thread", "thread 3", "backtrace 1", "stepi", "print $_thread");
        Assert.That(Enumerable.Range(0, 4), Is.All.Matches<int>(n => Regex.IsMatch(said, $@"Thread {n + 1} \(CPU {n} \[\w+\]\)")), said);
        Assert.That(said, Does.Match(@"\[Switching to thread 3 [^\n]*\n#0 "));
    }

    [Test]
    public async Task CtrlCStopsAnEndlessLoopWithInterruptsOff(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbInterruptedAsync("print $pc", JumpToItself, InterruptsOff, "continue", "print $pc", "x/i $pc", "kill");
        Assert.That(said, Does.Contain("received signal SIGINT"));
        var places = Places().Matches(said).Select(m => m.Groups[1].Value).ToList();
        Assert.That(places, Has.Count.EqualTo(2).And.All.EqualTo(places[0]), said);
        Assert.That(said, Does.Match(@"=> \S+ <\S+>:\tjmp +" + places[0]), "what gdb wrote is what runs");
        Assert.That((await guest.Host.Ended.WaitAsync(cancel)).Kind, Is.Not.EqualTo(GuestStopKind.Died), "kill ends the guest");
    }

    [Test]
    public async Task ADetachedGuestRunsOnAndCanBeAttachedToAgain(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        await guest.GdbAsync("break sys_write", "watch ticks", "detach");
        Assert.That(guest.Host.Holders, Is.Empty);
        Assert.That((await guest.Host.AskAsync(RequestKind.Check, "fix", UpdatableGuest.Package("fix-readlog")).WaitAsync(cancel)).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(await guest.GdbTypingAsync("echo again\n", "break sys_write", "continue"), Does.Contain("Breakpoint 1, sys_write (fd=1"));
    }

    [Test]
    public async Task ASecondDebuggerIsToldThatThereIsOne(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        Assert.That(await guest.GdbAsync($"shell gdb -nx -batch -ex 'target remote {guest.EndPoint}' 2>&1", "print $_thread"), Does.Contain("another debugger is attached").And.Contain("$1 = 1"));
    }

    [Test]
    public async Task AfterAnUpdateGdbSeesTheJumpAndMonitorTellsTheUpdate(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var before = await guest.GdbAsync("x/i sys_readlog", "monitor lucos status");
        Assert.That(before, Does.Contain("no updates").And.Not.Match(@"<sys_readlog>:\tjmp"));
        await guest.Host.AskAsync(RequestKind.Apply, "fix", UpdatableGuest.Package("fix-readlog")).WaitAsync(cancel);
        var after = await guest.GdbAsync("x/i sys_readlog", "disassemble sys_readlog,+5", "monitor lucos status", "monitor nonsense");
        Assert.That(Regex.Count(after, @"sys_readlog(\+0)?>:\tjmp +0xffffffffa0"), Is.EqualTo(2), after);
        Assert.That(after, Does.Contain("0.1.0+fix-readlog").And.Contain("fix-readlog 1.0: finished").And.Contain("unknown-command"));
    }

    [Test]
    public async Task WhileAnUpdateDrainsABacktraceShowsTrueReturnAddressesAndTheyCanBeWritten(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var job = JobLine().Match(await guest.TypeAsync("sleep 1000 | cat &\n", "$ "));
        Assert.That(job.Success);
        await guest.Host.AskAsync(RequestKind.Apply, "stats", UpdatableGuest.Package("pipe-stats")).WaitAsync(cancel);
        Assert.That(await guest.Host.InvokeAsync(g => g.Updates[^1].State), Is.EqualTo(UpdateState.Draining));

        var said = await guest.GdbTypingAsync(
            $"kill -TERM {job.Groups[1].Value}\n",
            "break wait_finish if $_caller_is(\"pipe_read\")", "continue", "backtrace", "frame 1", "print/x *(unsigned long *)($rbp + 8)",
            "set var *(unsigned long *)($rbp + 8) = *(unsigned long *)($rbp + 8)", "print/x *(unsigned long *)($rbp + 8)", "detach");

        Assert.That(said, Does.Match(@"#1 [^\n]* pipe_read [^\n]*\n#2 [^\n]* in \w+ \([^\n]*\n(#\d [^\n]*\n)*#\d [^\n]* in syscall_dispatch"));
        Assert.That(said, Does.Match(@"\$1 = (0xffffffff80[0-9a-f]+)\n\$2 = \1\n"));
    }

    [Test]
    public async Task WhileTransfersArePutOffGdbReadsWhatTheGuestWouldFindAndChangesNothing(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        Assert.That(await guest.TypeAsync("sleep 1000 | cat &\n", "$ "), Does.Match(JobLine()));
        await guest.Host.AskAsync(RequestKind.Apply, "lazy", UpdatableGuest.Package("counters-64-lazy")).WaitAsync(cancel);
        await guest.TypeAsync("ioload --calls 1000\n", "$ ");
        var told = IoStat().Match(await guest.TypeAsync("cat /dev/iostat\n", "$ "));
        await guest.Host.PauseAsync("test");
        var before = await LookAsync(guest);
        Assert.That(before.Data.OutOfDate, Is.EqualTo(1));

        var said = await guest.GdbAsync(
            "print io_counters.reads", "print io_counters.writes", "monitor phys on", "print ((struct io_counters *)((unsigned long)&io_counters - 0xffffffff80000000))->reads", "monitor phys off",
            "print io_counters.reads");

        var shown = Printed().Matches(said).Select(m => Number(m.Groups[1].Value)).ToList();
        Assert.That(shown, Has.Count.EqualTo(4), said);
        Assert.That(shown[0], Is.InRange(Number(told.Groups[1].Value), Number(told.Groups[1].Value) + 20), "what new code counted; since then the shell has read its console");
        Assert.That(shown[1], Is.InRange(Number(told.Groups[2].Value), Number(told.Groups[2].Value) + 100));
        Assert.That(shown[2], Is.LessThan(shown[0] - 900), "physical memory is shown as it is");
        Assert.That(shown[3], Is.EqualTo(shown[0]));
        Assert.That(await LookAsync(guest), Is.EqualTo(before), "memory, blocks and counters are as if nobody had looked");
    }

    private static Task<(Lucos.Vmm.Memory.MachineHash Memory, ulong Blocks, UpdateServer.Data.DataInfo Data)> LookAsync(DebuggedGuest guest) =>
        guest.Host.InvokeAsync(g => (((VmmGuest)g).Machine.HashMemory(), g.Blocks, g.Updates[^1].Data! with { Types = [] }));

    [Test]
    public async Task AStepBehindHltWaitsForTheInterruptThatWakes(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var hlt = await guest.Host.InvokeAsync(FindIdleHlt);
        var said = await guest.GdbAsync($"break *{hlt}", "continue", "delete", "stepi", "info threads", "stepi", "info symbol $pc");
        Assert.That(said, Does.Contain("Thread 1 (CPU 0 [halted])").And.Match("(vector|trap|irq)[^\n]* in section .text"));
    }

    [Test]
    public async Task AGuestThatHaltsForGoodIsAStopAtWhichItCanBeLookedAt(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbAsync("set var *(unsigned short *)$pc = 0xfef4", InterruptsOff, "continue", "backtrace 1", "continue");
        Assert.That(said, Does.Contain("halted with nothing that could wake it").And.Contain("received signal SIGABRT").And.Match("#0 .*\n"));
        Assert.That(said, Does.Contain("Program terminated with signal SIGABRT"));
        Assert.That((await guest.Host.Ended.WaitAsync(cancel)).Kind, Is.EqualTo(GuestStopKind.Died));
    }

    [Test]
    public async Task AnInvalidInstructionIsTheGuestsOwnAffair(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbTypingAsync("readlog-exploit\n", "break oops", "set var *(unsigned short *)sys_readlog = 0x0b0f", "continue", "print what", "stepi", "detach");
        Assert.That(said, Does.Match(@"\$1 = 0x[0-9a-f]+ ""invalid opcode"""));
        Assert.That(await guest.GdbTypingAsync("echo alive\n", "break sys_write", "continue"), Does.Contain("Breakpoint 1, sys_write (fd=1"));
    }

    [Test]
    public async Task APanicIsAStopAtWhichGdbShowsWhoPanicked(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbTypingAsync("crash panic\n", "continue", "backtrace");
        Assert.That(said, Does.Contain("the kernel panicked").And.Contain("received signal SIGABRT").And.Contain("in panic (").And.Contain("in crash_write ("));
    }

    [Test]
    public async Task AResetBootsAgainWithTheBreakpointsThatWereSet(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        var said = await guest.GdbTypingAsync(
            "crash triple\n", "break crash_write", "continue", "delete", "continue", "monitor reset", "maintenance flush register-cache", "print/x $cs", "tbreak sys_write", "continue", "monitor lucos status");
        Assert.That(said, Does.Contain("triple fault").And.Contain("received signal SIGABRT").And.Contain("$1 = 0x10"));
        Assert.That(said, Does.Match(@"Temporary breakpoint 2, sys_write \(fd=1"));
    }

    [Test]
    public async Task APowerOffIsTheEndOfTheProgram(CancellationToken cancel)
    {
        await using var guest = await DebuggedGuest.StartAsync(cancel);
        Assert.That(await guest.GdbTypingAsync("poweroff\n", "continue"), Does.Contain("exited normally"));
        Assert.That((await guest.Host.Ended.WaitAsync(cancel)).Kind, Is.EqualTo(GuestStopKind.PoweredOff));
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static ulong FindIdleHlt(IGuest guest)
    {
        var idle = UpdatableGuest.Kernel.Symbols.FindOnly("idle_loop")!;
        var code = new byte[idle.Size];
        Assert.That(guest.TryRead(idle.Value, code), Is.True);
        ReadOnlySpan<byte> stiHlt = [0xfb, 0xf4];
        return idle.Value + 1 + (ulong)code.AsSpan().IndexOf(stiHlt);
    }

    [GeneratedRegex(@"reads=(\d+) writes=(\d+)")]
    private static partial Regex IoStat();

    [GeneratedRegex(@"\$\d = (\d+)\n")]
    private static partial Regex Printed();

    [GeneratedRegex(@"\n\[(\d+)\]")]
    private static partial Regex JobLine();

    [GeneratedRegex(@"Old value = (\d+)\nNew value = (\d+)")]
    private static partial Regex Values();

    [GeneratedRegex(@"=> 0x([0-9a-f]+)")]
    private static partial Regex PcOfList();

    [GeneratedRegex(@"=> 0x[0-9a-f]+ <[^\n]*\n\s+(0x[0-9a-f]+) ")]
    private static partial Regex SecondOfList();

    [GeneratedRegex(@"\$\d = \(void \(\*\)\(\)\) (0x[0-9a-f]+)")]
    private static partial Regex Places();
}
