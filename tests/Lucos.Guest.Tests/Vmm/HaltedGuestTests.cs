using System.Text;
using Lucos.Abi;
using Lucos.Elf;
using Lucos.UpdateServer;
using Lucos.UpdateServer.Journal;
using Lucos.Vmm;
using Lucos.Vmm.Hypercalls;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>
/// All of RAM immediately before and after the hypercalls that apply and roll back: no guest instruction runs in between, so every
/// byte that differs was written by the Update Server.
/// </summary>
[TestFixture]
public sealed class HaltedGuestTests
{
    private const ulong Budget = 100_000_000;
    private const int JumpBytes = 5;
    private static readonly KernelImage s_kernel = UpdatableGuest.Kernel;
    private MachineSnapshot _booted = null!;

    [OneTimeSetUp]
    public void Boot()
    {
        using var machine = new Machine(new MachineOptions { Kernel = s_kernel, Initramfs = File.ReadAllBytes(GuestImages.Initramfs) });
        LiveUpdateServer.Attach(machine, s_kernel, "0.1.0", NullJournal.Instance);
        RunToPrompt(machine);
        _booted = machine.TakeSnapshot();
    }

    [OneTimeTearDown]
    public void PutAway() => _booted.Dispose();

    [Test]
    public void TheServerWritesTheJumpAndRollBackRestoresEveryByte()
    {
        using var machine = Fork(out var recorder, out var server, out var entry);

        server.SubmitRequest(RequestKind.Apply, "fix-readlog", File.ReadAllBytes(GuestImages.Update("fix-readlog")));
        var (beforeApply, afterApply) = RunToCall(machine, recorder, Hypercall.Apply);
        server.SubmitRequest(RequestKind.Undo, "fix-readlog", default);
        var (beforeUndo, afterUndo) = RunToCall(machine, recorder, Hypercall.Rollback);

        var jump = Enumerable.Range(0, JumpBytes).Select(i => entry + (ulong)i).ToArray();
        Assert.That(Differences(beforeApply, afterApply), Is.SubsetOf(jump).And.Not.Empty);
        Assert.That(Differences(beforeUndo, afterUndo), Is.EqualTo(Differences(beforeApply, afterApply)), "the same bytes are written back");
        Assert.That(Slice(afterUndo, entry), Is.EqualTo(Slice(beforeApply, entry)));
        Assert.That(afterApply[(int)entry], Is.EqualTo(0xe9), "JMP rel32");
    }

    [Test]
    public void ARefusedHypercallWritesNothing()
    {
        using var machine = Fork(out var recorder, out var server, out var entry);

        // The Update Manager has compared the bytes by then, so only the server can see what changes behind its back.
        recorder.Before = () => machine.Memory.Write(new GuestPhysicalAddress(entry + 8), [0xff, 0xff]);
        server.SubmitRequest(RequestKind.Apply, "fix-readlog", File.ReadAllBytes(GuestImages.Update("fix-readlog")));
        var (before, after) = RunToCall(machine, recorder, Hypercall.Apply);

        Assert.That(Differences(before, after), Is.Empty);
        Assert.That(server.FindUpdate("fix-readlog")!.Refusal, Is.EqualTo(Refusal.OldBytesMismatch));
    }

    /// <summary>A machine at its prompt, recorded, with its server; <paramref name="entry"/> is where sys_readlog lies in RAM.</summary>
    private Machine Fork(out Recorder recorder, out LiveUpdateServer server, out ulong entry)
    {
        var machine = _booted.Fork();
        recorder = new Recorder(machine);
        machine.Hypercalls.Register(recorder);
        server = LiveUpdateServer.Attach(machine, s_kernel, "0.1.0", NullJournal.Instance);
        entry = s_kernel.Symbols.FindOnly("sys_readlog")!.Value - GuestLayout.KernelVirtualBase;
        return machine;
    }

    private static void RunToPrompt(Machine machine)
    {
        var console = new StringBuilder();
        machine.Console.Output += bytes =>
        {
            console.Append(Encoding.Latin1.GetString(bytes));
            if (console.ToString().EndsWith("$ ", StringComparison.Ordinal))
            {
                machine.RequestStop();
            }
        };
        Assert.That(machine.Run(RunLimits.ForBlocks(Budget)), Is.InstanceOf<MachineStop.StopRequested>(), console.ToString());
    }

    private static (byte[] Before, byte[] After) RunToCall(Machine machine, Recorder recorder, Hypercall call)
    {
        recorder.Awaited = call;
        while (recorder.Memory is null)
        {
            Assert.That(machine.Run(RunLimits.ForBlocks(Budget)), Is.InstanceOf<MachineStop.StopRequested>(), $"{call} does not come");
        }

        var before = recorder.Memory;
        recorder.Memory = null;
        return (before, Copy(machine));
    }

    private static byte[] Copy(Machine machine) => machine.Memory.Span(new GuestPhysicalAddress(0), (int)machine.Memory.Size).ToArray();

    private static byte[] Slice(byte[] memory, ulong at) => memory.AsSpan((int)at, JumpBytes).ToArray();

    private static ulong[] Differences(byte[] one, byte[] other) =>
        [.. Enumerable.Range(0, one.Length).Where(i => one[i] != other[i]).Select(i => (ulong)i)];

    /// <summary>Copies RAM before the server is asked, and stops the machine at the boundary behind the hypercall.</summary>
    private sealed class Recorder(Machine machine) : IHypercallHandler
    {
        public Hypercall? Awaited { get; set; }

        public Action? Before { get; set; }

        public byte[]? Memory { get; set; }

        public long? Handle(HypercallContext context)
        {
            if (Awaited is { } call && context.Number == (ulong)call)
            {
                Awaited = null;
                Before?.Invoke();
                Memory = Copy(machine);
                machine.RequestStop();
            }

            return null;
        }
    }
}
