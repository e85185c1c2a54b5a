using Iced.Intel;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Vmm.Cpu;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>All processors but the Update Manager's stand in a function at the instant at which it is replaced.</summary>
public sealed class SeveralActiveProcessorsTests
{
    private const string Patched = "pipe_write";
    private const string Update = "pipe-stats";
    private const int Processors = 4;
    private const int JumpBytes = 5;
    private const ulong Few = 20;

    /// <summary>What a load carries: it is still at work when the update is undone.</summary>
    private const int Bytes = 500_000;

    /// <summary>Where instructions begin inside the jump's five bytes, and the first one behind them.</summary>
    private static IEnumerable<int> Offsets()
    {
        var offsets = Instructions(Patched, 6).Select(a => (int)(a - Address(Patched))).Skip(1).ToList();
        return offsets.Take(offsets.FindIndex(o => o >= JumpBytes) + 1);
    }

    [TestCaseSource(nameof(Offsets))]
    public void ContextsOfAllProcessorsAreSeenAndThoseInsideTheJumpMoved(int offset)
    {
        using var guest = new UpdatableGuest(seed: 9, cpus: Processors);
        var before = guest.CopyCode();
        guest.Run(string.Concat(Enumerable.Repeat($"pipeload --bytes {Bytes} & ", Processors)));

        ApplyWhileTheOthersStandAt(guest, Address(Patched) + (ulong)offset);

        var update = guest.Update(Update);
        Assert.That(update.MovedContexts, offset < JumpBytes ? Is.AtLeast(Processors - 1) : Is.Zero);
        Assert.That(update.State, Is.EqualTo(UpdateState.Draining));

        // The one that ran first since then may have left by its stub.
        Assert.That(update.Blockers.Count(b => b.Function == Patched), Is.AtLeast(Processors - 2));
        guest.AwaitState(Update, UpdateState.Finished);
        Assert.That(guest.Console, Does.Not.Contain("pipeload: "), "all loads are still at work");
        Assert.That(guest.Undo(Update).Refusal, Is.EqualTo(Refusal.None));
        guest.Session.Await("its memory to be freed", () => guest.Update(Update).MemoryReleased, UpdatableGuest.Budget);
        Assert.That(guest.HasCode(before), Is.True);
        guest.Run("wait");
        Assert.That(guest.Console.Split('\n').Count(l => l.Contains($"pipeload: bytes={Bytes} errors=0", StringComparison.Ordinal)), Is.EqualTo(Processors), guest.Console);
    }

    /// <summary>
    /// Holds the manager where it is about to park the others until each of them has come to the address: so the interrupts that park them come
    /// exactly there.
    /// </summary>
    private static void ApplyWhileTheOthersStandAt(UpdatableGuest guest, ulong address)
    {
        var parking = Instructions("cpus_park", 12);
        guest.Submit(RequestKind.Apply, Update, UpdatableGuest.Package(Update));
        guest.RunTo(parking[0]);
        var breakpoints = parking.Skip(1).Append(address).ToList();
        breakpoints.ForEach(guest.Guest.AddBreakpoint);
        for (var deadline = guest.Guest.Blocks + UpdatableGuest.Budget; Held(parking.Contains) != 1 || Held(a => a == address) != Processors - 1;)
        {
            Assert.That(guest.Guest.Blocks, Is.LessThan(deadline), $"not all processors come to 0x{address:x}:\n{guest.Guest.DescribeProcessor()}");
            if (guest.Session.RunOn(UpdatableGuest.Budget).Kind == GuestStopKind.Breakpoint)
            {
                // Inside a block no interrupt would come before its end: here it is to come at this very instruction.
                var held = guest.Machine.Vcpus[guest.Guest.CurrentProcessor];
                held.Backend.LeaveBlock();
                held.State = VcpuState.Halted;
            }
        }

        breakpoints.ForEach(guest.Guest.RemoveBreakpoint);
        guest.Machine.Vcpus.Single(v => parking.Contains(v.Registers.Rip)).State = VcpuState.Running;

        // In so few blocks at once no other processor has a turn behind the instant of the update.
        for (var end = guest.Guest.Blocks + UpdatableGuest.Budget; guest.Driver.Find(Update) is not { AppliedAtBlock: > 0 } && guest.Guest.Blocks < end;)
        {
            guest.Session.RunBlocks(Few);
        }

        // A processor that is held goes on at the next interrupt for it. If that is a tick, the manager comes one instruction further at most, and
        // another thread takes the place of one that stood at the address.
        int Held(Func<ulong, bool> where) => guest.Machine.Vcpus.Count(v => v.IsHalted && where(v.Registers.Rip));
    }

    private static ulong Address(string function) => UpdatableGuest.Kernel.Symbols.FindOnly(function)!.Value;

    /// <summary>Addresses of a function's first instructions.</summary>
    private static List<ulong> Instructions(string function, int count)
    {
        var code = new byte[count * 15];
        Assert.That(UpdatableGuest.Kernel.TryRead(Address(function), code), Is.True);
        var decoder = Decoder.Create(64, code, Address(function));
        return [.. Enumerable.Range(0, count).Select(_ => decoder.Decode().IP)];
    }
}
