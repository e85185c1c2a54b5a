using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

public sealed class EventTests
{
    [Test]
    public void EventsTellEachDepartureThenTheFunctionThenAll()
    {
        (TestWorld world, long id, ulong[] slots) = Apply();
        world.Guest.Blocks = 5000;
        int rings = world.Guest.DoorbellRings;
        foreach (ulong slot in slots)
        {
            world.Return(slot);
        }

        Assert.That(world.Guest.DoorbellRings - rings, Is.EqualTo(3));
        List<UpdateEvent> events = world.FetchEvents(id);
        Assert.That(
            events.Select(e => ((UpdateEventKind)e.Kind, e.Function, e.ThreadId)),
            Is.EqualTo(new[]
            {
                (UpdateEventKind.FunctionLeft, 0u, 1u),
                (UpdateEventKind.FunctionLeft, 1u, 2u),
                (UpdateEventKind.ThreadsLeft, 1u, 0u),
                (UpdateEventKind.FunctionLeft, 0u, 3u),
                (UpdateEventKind.ThreadsLeft, 0u, 0u),
                (UpdateEventKind.AllLeft, 0u, 0u),
            }));
        Assert.That(events.Select(e => e.Block), Is.All.EqualTo(5000UL));
        Assert.That(events[0].ThreadName.ToString(), Is.EqualTo("worker"));
        Assert.That(world.FetchEvents(id), Is.Empty);
        Assert.That(world.Complete(id), Is.EqualTo((long)UpdateState.Finished), "callbacks only: nothing to retire");
    }

    [Test]
    public void AFewAtATimeAreHandedOverInOrder()
    {
        (TestWorld world, long id, ulong[] slots) = Apply();
        slots.ToList().ForEach(slot => world.Return(slot));

        Assert.That(world.Call(Hypercall.Events, (ulong)id, TestWorld.Scratch + 0xc000, 2), Is.EqualTo(2));
        Assert.That(world.Call(Hypercall.Events, (ulong)id, TestWorld.Scratch + 0xc000, 0), Is.Zero);
        Assert.That(world.FetchEvents(id), Has.Count.EqualTo(4));
    }

    [Test]
    public void EventsThatCannotBeWrittenAreKept()
    {
        (TestWorld world, long id, ulong[] slots) = Apply();
        world.Return(slots[0]);

        Assert.That(world.Call(Hypercall.Events, (ulong)id, TestWorld.Text, 8), Is.EqualTo(Refusal.BadPointer.ToResult()));
        Assert.That(world.Call(Hypercall.Events, 77, TestWorld.Scratch, 8), Is.EqualTo(Refusal.NoSuchUpdate.ToResult()));
        Assert.That(world.FetchEvents(id), Has.Count.EqualTo(1));
    }

    [Test]
    public void ManagerThatNeverFetchesLosesTheOldestDepartures()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        spec.Descriptor.Flags = UpdateFlags.UpdateFlagCompletes;
        ulong rip = world.Guest.Function("alpha").Address + 8;
        world.AddContext(spec, rip);
        ContextDescriptor stays = spec.Contexts[0];
        long id = world.ApplyWell(spec);
        for (uint i = 0; i < 5000; i++)
        {
            world.Report(id, newCode: false, stays, TestWorld.ContextAt(TestWorld.Heap + 0x900, rip, 0, ContextKind.InterruptFrame) with { ThreadId = 100 + i });
        }

        world.Report(id, newCode: false);

        Assert.That(world.Journal.Records.Count(record => record.Event == "events-dropped"), Is.EqualTo(1));
        List<UpdateEvent> events = [];
        for (List<UpdateEvent> some = world.FetchEvents(id); some.Count > 0; some = world.FetchEvents(id))
        {
            events.AddRange(some);
        }

        Assert.That(events, Has.Count.EqualTo(4096));
        Assert.That((UpdateEventKind)events[^1].Kind, Is.EqualTo(UpdateEventKind.AllLeft));
    }

    [Test]
    public void CompleteOfAnUpdateThatEndsByItselfIsRefused()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        world.AddActivation(spec, world.Guest.Function("alpha").Address + 8);
        long id = world.ApplyWell(spec);

        Assert.That(world.Complete(id), Is.EqualTo(Refusal.WrongState.ToResult()));
        Assert.That(world.Journal.Records[^1].Detail, Does.Contain("completes by itself"));
    }

    private static (TestWorld World, long Id, ulong[] Slots) Apply()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha", "beta");
        spec.Descriptor.Flags = UpdateFlags.UpdateFlagCompletes;
        ulong inAlpha = world.Guest.Function("alpha").Address + 8;
        ulong[] slots =
        [
            world.AddActivation(spec, inAlpha, thread: 1),
            world.AddActivation(spec, world.Guest.Function("beta").Address + 8, function: 1, thread: 2),
            world.AddActivation(spec, inAlpha, thread: 3),
        ];
        long id = world.ApplyWell(spec);
        Assert.That(world.FetchEvents(id), Is.Empty);
        return (world, id, slots);
    }
}
