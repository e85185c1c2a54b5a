using Iced.Intel;
using Lucos.Abi;
using Lucos.Control.Guests;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Threads stand in what is replaced: in its first five bytes, or asleep further on.</summary>
public sealed class ActiveFunctionTests
{
    private const string Patched = "sys_readlog";

    private static IEnumerable<int> InstructionsInsideTheJump()
    {
        var symbol = UpdatableGuest.Kernel.Symbols.FindOnly(Patched)!;
        var code = new byte[16];
        Assert.That(UpdatableGuest.Kernel.TryRead(symbol.Value, code), Is.True);
        var decoder = Decoder.Create(64, code, symbol.Value);
        for (var at = decoder.Decode().Length; at < 5; at += decoder.Decode().Length)
        {
            yield return at;
        }
    }

    [TestCaseSource(nameof(InstructionsInsideTheJump))]
    public void AThreadPreemptedInsideTheFirstFiveBytesIsMovedAndFinishesInTheOldCode(int offset)
    {
        using var guest = new UpdatableGuest();
        var before = guest.CopyCode();
        var call = StopInside(guest, offset);

        var apply = guest.Submit(RequestKind.Apply, "fix", UpdatableGuest.Package("fix-readlog"));

        Assert.That(ResultOf(guest, call), Is.EqualTo(4096), "the call that is under way reads as the old code does");
        Assert.That(guest.Update("fix-readlog").MovedContexts, Is.EqualTo(1));
        Assert.That(guest.Update("fix-readlog").State, Is.EqualTo(UpdateState.Finished), "by the return itself, through the stub");
        Assert.That(guest.Answer(apply).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Session.Finish(call.Command, UpdatableGuest.Budget).Output, Does.Contain("leaked"));
        guest.AwaitState("fix-readlog", UpdateState.Finished);
        Assert.That(guest.Run("runas 1000 readlog-exploit").Output, Does.StartWith("blocked: 22"));
        Assert.That(guest.Undo("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("fix-readlog", UpdateState.RolledBack);
        Assert.That(guest.Run("runas 1000 readlog-exploit").Output, Does.StartWith("leaked"));
        Assert.That(guest.HasCode(before), Is.True);
    }

    [TestCaseSource(nameof(InstructionsInsideTheJump))]
    public void AThreadThatStandsInTheRelocatedCopyIsMovedBackByUndo(int offset)
    {
        using var guest = new UpdatableGuest();
        var before = guest.CopyCode();
        var call = StopInside(guest, offset);

        var apply = guest.Submit(RequestKind.Apply, "fix", UpdatableGuest.Package("fix-readlog"));
        var undo = guest.Submit(RequestKind.Undo, "fix-readlog", []);

        Assert.That(ResultOf(guest, call), Is.EqualTo(4096));
        Assert.That(guest.Update("fix-readlog").State, Is.EqualTo(UpdateState.RolledBack), "before the call has returned");
        Assert.That(guest.Update("fix-readlog").MovedContexts, Is.Positive);
        Assert.That(guest.Answer(apply).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Answer(undo).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Session.Finish(call.Command, UpdatableGuest.Budget).Output, Does.Contain("leaked"));
        Assert.That(guest.HasCode(before), Is.True);
    }

    [Test]
    public void AThreadAtTheFirstByteNeedsNoMoveAndRunsTheNewCode()
    {
        using var guest = new UpdatableGuest();
        var call = StopInside(guest, 0);

        var apply = guest.Submit(RequestKind.Apply, "fix", UpdatableGuest.Package("fix-readlog"));

        Assert.That(ResultOf(guest, call), Is.EqualTo(-22));
        Assert.That(guest.Update("fix-readlog").MovedContexts, Is.Zero);
        Assert.That(guest.Answer(apply).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Session.Finish(call.Command, UpdatableGuest.Budget).Output, Does.Contain("blocked: 22"));
    }

    [Test]
    public void AnUpdateOfAFunctionInUseDrainsAndNamesWhoHoldsIt()
    {
        using var guest = new UpdatableGuest();
        var before = guest.CopyCode();
        guest.Run("sleep 3 | cat &");

        Assert.That(guest.Apply("pipe-stats").Refusal, Is.EqualTo(Refusal.None));

        var draining = guest.Update("pipe-stats");
        Assert.That(draining.State, Is.EqualTo(UpdateState.Draining));
        Assert.That(draining.Blockers.Select(b => (b.ThreadName, b.Function)), Is.EqualTo(new[] { ("cat", "pipe_read") }));
        Assert.That(guest.Run("lucosctl status pipe-stats").Output, Does.Contain("draining").And.Contain("cat").And.Contain("pipe_read"));
        guest.AwaitState("pipe-stats", UpdateState.Finished);
        Assert.That(guest.Update("pipe-stats").Blockers, Is.Empty);

        guest.Run("sleep 3 | cat &");
        Assert.That(guest.Undo("pipe-stats").Refusal, Is.EqualTo(Refusal.None));
        var leaving = guest.Update("pipe-stats");
        Assert.That(leaving.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(leaving.Blockers.Select(b => (b.ThreadName, b.Function)), Is.EqualTo(new[] { ("cat", "pipe_read") }));
        guest.AwaitState("pipe-stats", UpdateState.RolledBack);
        guest.Session.Await("the module's memory to be freed", () => guest.Update("pipe-stats").MemoryReleased, UpdatableGuest.Budget);
        Assert.That(guest.Run("echo through | cat").Output, Does.EndWith("through\n"));
        Assert.That(guest.HasCode(before), Is.True);
    }

    [Test]
    public void ADrainingUpdateCanBeCancelledAndAFinishedOneCanNot()
    {
        using var guest = new UpdatableGuest();
        var before = guest.CopyCode();
        guest.Run("sleep 3 | cat &");
        Assert.That(guest.Apply("pipe-stats").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Answer(guest.Submit(RequestKind.Cancel, "pipe-stats", [])).Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("pipe-stats", UpdateState.RolledBack);
        Assert.That(guest.HasCode(before), Is.True);

        Assert.That(guest.Apply("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("fix-readlog", UpdateState.Finished);
        var late = guest.Answer(guest.Submit(RequestKind.Cancel, "fix-readlog", []));
        Assert.That(late.Refusal, Is.EqualTo(Refusal.WrongState), late.Detail);
        Assert.That(guest.Update("fix-readlog").State, Is.EqualTo(UpdateState.Finished));
    }

    [Test]
    public void AnUpdateOfAFunctionThatNobodyUsesIsFinishedAtOnce()
    {
        using var guest = new UpdatableGuest();
        Assert.That(guest.Apply("pipe-stats").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Update("pipe-stats").State, Is.EqualTo(UpdateState.Finished));
    }

    /// <summary>
    /// Stops the exploit inside the flawed function. A program has used the processor before, so that the Update Manager's thread, which slept
    /// meanwhile, is owed time and preempts the exploit as soon as the doorbell wakes it: at the very instruction.
    /// </summary>
    private static Call StopInside(UpdatableGuest guest, int offset)
    {
        guest.Run("cpuburn --rounds 50");
        var function = UpdatableGuest.Kernel.Symbols.FindOnly(Patched)!.Value;
        var command = guest.Session.Begin("runas 1000 readlog-exploit");
        guest.RunTo(function);
        var stack = guest.Guest.StackPointer;
        var slot = new byte[8];
        Assert.That(guest.Guest.TryRead(stack, slot), Is.True);
        if (offset > 0)
        {
            guest.RunTo(function + (ulong)offset);
        }

        return new Call(command, BitConverter.ToUInt64(slot), stack + 8);
    }

    /// <summary>Runs until this very call returns, and takes its result.</summary>
    private static long ResultOf(UpdatableGuest guest, Call call)
    {
        guest.RunTo(call.ReturnAddress, call.StackAfter);
        return (long)guest.Machine.Vcpus[0].Registers.Rax;
    }

    private sealed record Call(PendingCommand Command, ulong ReturnAddress, ulong StackAfter);
}
