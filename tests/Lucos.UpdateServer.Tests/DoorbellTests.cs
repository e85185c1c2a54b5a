using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Requests;
using Lucos.UpdateServer.Tests.World;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer.Tests;

public sealed class DoorbellTests
{
    private static readonly byte[] s_package = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))];

    [Test]
    public async Task RequestTravelsToTheManagerAndItsAnswerBack()
    {
        var world = new TestWorld();
        PendingRequest request = world.Server.SubmitRequest(RequestKind.Apply, "", s_package);
        Assert.That((world.Guest.DoorbellRings, request.Phase), Is.EqualTo((1, RequestPhase.Queued)));

        Assert.That(world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch), Is.EqualTo(1));
        WireCodec.ReadVersioned(world.Guest.Read(TestWorld.Scratch, WireCodec.SizeOf<OperatorRequest>()), out OperatorRequest wire);
        Assert.That((wire.Id, (RequestKind)wire.Kind, wire.PackageSize), Is.EqualTo((request.Id, RequestKind.Apply, 1000UL)));
        Assert.That(Pull(world, wire.Id), Is.EqualTo(s_package));
        Assert.That(request.Completion.IsCompleted, Is.False);
        Assert.That(Complete(world, wire.Id, Refusal.Conflict, "conflicts with\nfix"), Is.Zero);

        Assert.That(await request.Completion, Is.EqualTo(new RequestResult(Refusal.Conflict, 5, "conflicts with?fix")));
        Assert.That(world.Server.OpenRequests, Is.Empty);
        Assert.That(world.Journal.Records.Select(record => record.Event), Is.EqualTo(new[] { "registered", "requested", "fetched", "answered" }));
    }

    [Test]
    public void EmptyQueueAnswersZeroAndWritesNothing()
    {
        var world = new TestWorld();

        Assert.That(world.Call(Hypercall.DoorbellFetch, 0), Is.Zero);
    }

    [Test]
    public void FetchIntoNowhereLeavesTheRequestQueued()
    {
        var world = new TestWorld();
        PendingRequest request = world.Server.SubmitRequest(RequestKind.Undo, "fix", default);

        Assert.That(world.Call(Hypercall.DoorbellFetch, TestWorld.Text), Is.EqualTo(Refusal.BadPointer.ToResult()));
        Assert.That(request.Phase, Is.EqualTo(RequestPhase.Queued));
        Assert.That(world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch), Is.EqualTo(1));
        Assert.That(request.Phase, Is.EqualTo(RequestPhase.Fetched));
    }

    [Test]
    public void RequestsAreServedInOrder()
    {
        var world = new TestWorld();
        PendingRequest[] requests = [.. new[] { "a", "b", "c" }.Select(name => world.Server.SubmitRequest(RequestKind.Undo, name, default))];

        foreach (PendingRequest request in requests)
        {
            world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch);
            Assert.That(request.Phase, Is.EqualTo(RequestPhase.Fetched));
        }
    }

    [Test]
    public void PullChecksRequestOffsetLengthAndBuffer()
    {
        var world = new TestWorld();
        PendingRequest request = world.Server.SubmitRequest(RequestKind.Check, "", s_package);
        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id, TestWorld.Scratch, 0, 10), Is.EqualTo(Refusal.NoSuchUpdate.ToResult()), "not fetched yet");
        world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch);

        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id + 1, TestWorld.Scratch, 0, 10), Is.EqualTo(Refusal.NoSuchUpdate.ToResult()));
        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id, TestWorld.Scratch, 1001, 10), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id, TestWorld.Scratch, ulong.MaxValue, 10), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id, TestWorld.Scratch, 0, 65537), Is.EqualTo(Refusal.TooLarge.ToResult()));
        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id, TestWorld.Text, 0, 10), Is.EqualTo(Refusal.BadPointer.ToResult()));
        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id, 0x1000, 0, 10), Is.EqualTo(Refusal.BadPointer.ToResult()));
        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id, TestWorld.Scratch, 1000, 10), Is.Zero);
        Assert.That(world.Call(Hypercall.DoorbellPull, request.Id, TestWorld.Scratch, 995, 10), Is.EqualTo(5));
    }

    [Test]
    public void AnswerToWhatIsNotBeingWorkedOnIsRefused()
    {
        var world = new TestWorld();
        PendingRequest request = world.Server.SubmitRequest(RequestKind.Undo, "fix", default);
        Assert.That(Complete(world, request.Id, Refusal.None, ""), Is.EqualTo(Refusal.NoSuchUpdate.ToResult()));
        world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch);

        Assert.That(Complete(world, request.Id, (Refusal)999, ""), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(Complete(world, request.Id, Refusal.None, ""), Is.Zero);
        Assert.That(Complete(world, request.Id, Refusal.None, ""), Is.EqualTo(Refusal.NoSuchUpdate.ToResult()));
    }

    [Test]
    public async Task ForecastOfACheckComesWithItsLinesAndNothingThatActsOnATerminal()
    {
        var world = new TestWorld();
        PendingRequest request = Fetched(world);
        Assert.That(world.Guest.TryWrite(TestWorld.Scratch + 0x1000, "function\tf\t1\n\u001b[2J"u8.ToArray()), Is.True);

        Assert.That(Forecast(world, request, TestWorld.Scratch + 0x1000, 17), Is.Zero);

        Assert.That((await request.Completion).Forecast, Is.EqualTo("function\tf\t1\n?[2J"));
    }

    [TestCase(TestWorld.Scratch, UpdateLimits.MaxForecastBytes + 1, Refusal.TooLarge)]
    [TestCase(TestWorld.Scratch, ulong.MaxValue, Refusal.TooLarge)]
    [TestCase(0x1000UL, 10UL, Refusal.BadPointer)]
    [TestCase(0xffff_ffff_ffff_fff0UL, 0x20UL, Refusal.BadPointer)]
    public void ForecastThatCanNotBeReadIsRefusedAndTheRequestStaysOpen(ulong address, ulong size, Refusal expected)
    {
        var world = new TestWorld();
        PendingRequest request = Fetched(world);

        Assert.That(Forecast(world, request, address, size), Is.EqualTo(expected.ToResult()));

        Assert.That(request.Completion.IsCompleted, Is.False);
        Assert.That(Forecast(world, request, 0, 0), Is.Zero);
    }

    [Test]
    public async Task RequestIsWithdrawnOnlyBeforeTheManagerTookIt()
    {
        var world = new TestWorld();
        PendingRequest first = world.Server.SubmitRequest(RequestKind.Undo, "fix", default);
        PendingRequest second = world.Server.SubmitRequest(RequestKind.Undo, "fix", default);
        world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch);

        Assert.That(world.Server.Withdraw(first.Id), Is.False);
        Assert.That(world.Server.Withdraw(second.Id), Is.True);

        Assert.That((await second.Completion).Refusal, Is.EqualTo(Refusal.Cancelled));
        Assert.That(world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch), Is.Zero);
    }

    [Test]
    public void WithdrawingWhatWasAnsweredWithdrawnOrNeverAskedIsRefused()
    {
        var world = new TestWorld();
        PendingRequest withdrawn = world.Server.SubmitRequest(RequestKind.Undo, "fix", default);
        Assert.That(world.Server.Withdraw(withdrawn.Id), Is.True);
        PendingRequest answered = Fetched(world);
        Assert.That(Complete(world, answered.Id, Refusal.None, ""), Is.Zero);

        Assert.That(new[] { withdrawn.Id, answered.Id, 0UL, 99UL }.Select(world.Server.Withdraw), Is.All.False);
        Assert.That(world.Journal.Records.Count(record => record.Event == "cancelled"), Is.EqualTo(1));
    }

    [Test]
    public async Task ACopyOfTheServerWithdrawsForItselfAlone()
    {
        var world = new TestWorld();
        PendingRequest taken = Fetched(world);
        PendingRequest waiting = world.Server.SubmitRequest(RequestKind.Undo, "fix", default);
        var writer = new StateWriter();
        world.Server.State.Save(writer);
        var copied = new TestWorld(register: false);
        copied.Server.State.Load(new StateReader(new StateSection(copied.Server.State.StateName, copied.Server.State.StateVersion, writer.Written.ToArray())));
        PendingRequest itsOwn = copied.Server.OpenRequests[1];

        Assert.That(copied.Server.Withdraw(taken.Id), Is.False, "taken before the copy was made");
        Assert.That(copied.Server.Withdraw(waiting.Id), Is.True);

        Assert.That((await itsOwn.Completion).Refusal, Is.EqualTo(Refusal.Cancelled));
        Assert.That(copied.Call(Hypercall.DoorbellFetch, TestWorld.Scratch), Is.Zero);
        Assert.That(world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch), Is.EqualTo(1), "the original has it still");
        Assert.That(waiting.Phase, Is.EqualTo(RequestPhase.Fetched));
    }

    [Test]
    public async Task RequestThatMakesNoSenseIsAnsweredAtOnce()
    {
        var world = new TestWorld();

        Assert.That((await world.Server.SubmitRequest(RequestKind.Apply, "", default).Completion).Refusal, Is.EqualTo(Refusal.BadArgument));
        Assert.That((await world.Server.SubmitRequest(RequestKind.Apply, "", new byte[(1 << 20) + 1]).Completion).Refusal, Is.EqualTo(Refusal.TooLarge));
        Assert.That((await world.Server.SubmitRequest(RequestKind.Undo, "../x", default).Completion).Refusal, Is.EqualTo(Refusal.BadArgument));
        Assert.That(world.Guest.DoorbellRings, Is.Zero);
    }

    [Test]
    public void GuestsRefusalsAndNotesComeIntoTheHistory()
    {
        var world = new TestWorld();
        JournalEntry entry = new() { Kind = (uint)JournalKind.Refusal, Refusal = (uint)Refusal.DigestMismatch, Name = Text64.From("fix"), Text = Text256.From("byte 12") };

        Assert.That(world.Call(Hypercall.Journal, world.Place(entry)), Is.Zero);
        Assert.That(world.Call(Hypercall.Journal, world.Place(entry with { Kind = 3 })), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(world.Call(Hypercall.Journal, world.Place(entry with { Refusal = 77 })), Is.EqualTo(Refusal.BadArgument.ToResult()));

        Journal.JournalRecord record = world.Journal.Records[1];
        Assert.That((record.Event, record.Name, record.Refusal, record.Detail), Is.EqualTo(("guest-refused", "fix", Refusal.DigestMismatch, "byte 12")));
    }

    private static long Complete(TestWorld world, ulong id, Refusal refusal, string detail) => world.Call(
        Hypercall.DoorbellComplete,
        world.Place(new OperatorResponse { RequestId = id, Refusal = (uint)refusal, UpdateId = 5, Detail = Text256.From(detail) }));

    private static PendingRequest Fetched(TestWorld world)
    {
        PendingRequest request = world.Server.SubmitRequest(RequestKind.Check, "", s_package);
        world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch);
        return request;
    }

    private static long Forecast(TestWorld world, PendingRequest request, ulong address, ulong size) => world.Call(
        Hypercall.DoorbellComplete, world.Place(new OperatorResponse { RequestId = request.Id, Forecast = address, ForecastSize = size }));

    private static byte[] Pull(TestWorld world, ulong id)
    {
        var bytes = new List<byte>();
        ulong buffer = TestWorld.Scratch + 0x1000;
        for (long got = 1; got > 0;)
        {
            got = world.Call(Hypercall.DoorbellPull, id, buffer, (ulong)bytes.Count, 333);
            bytes.AddRange(world.Guest.Read(buffer, (int)got));
        }

        return [.. bytes];
    }
}
