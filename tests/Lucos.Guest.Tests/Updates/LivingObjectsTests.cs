using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;
using Lucos.Packaging;
using Lucos.Tests.Shared;
using Lucos.Vmm.Cpu;

namespace Lucos.Guest.Tests.Updates;

/// <summary>Objects of a cache that an update changes are born, given back and stood in at just the moments at which that is hardest for the Update Manager.</summary>
public sealed class LivingObjectsTests
{
    private const int FewestEntries = 10;
    private const ulong MostTries = 50;
    private const ulong MostBlocks = 100_000;
    private const string JustTaken = "old_born";
    private const string GivenBack = "give_back";

    /// <summary>
    /// While new versions are given to the objects that are there, another processor has just taken one, or is about to give one back: it gets a new version that
    /// goes with nothing. That one is in no list, and goes with the update.
    /// </summary>
    [TestCase(JustTaken, TestName = "{m}(just taken)")]
    [TestCase(GivenBack, TestName = "{m}(about to be given back)")]
    public void NewVersionThatGoesWithNoObjectIsInNobodysWay(string where)
    {
        using var booted = new UpdatableGuest(cpus: 2);
        var warmUp = GuestLoad.StartJob(booted, "nameload");
        ComeAndGo(booted, "entry-hash");
        booted.Run($"kill -TERM {warmUp}; wait {warmUp}");
        var use = KernelMemoryUse.Of(booted);
        var load = GuestLoad.StartJob(booted, "nameload");
        using var snapshot = booted.Guest.TakeSnapshot();
        var tries = 0UL;
        while (!TryRace(snapshot, tries * 20_000, where, guest => CheckBehindRace(guest, load, use)))
        {
            Assert.That(++tries, Is.LessThan(MostTries), "the load never does it while the manager is held");
        }
    }

    /// <summary>Holds the manager where it is about to give new versions, then another processor where it has to do with an object, and lets the manager go first.</summary>
    /// <returns>Whether another processor came there. If it was about to wait for the manager's, it did not.</returns>
    private static bool TryRace(IGuestSnapshot snapshot, ulong delay, string where, Action<UpdatableGuest> check)
    {
        using var guest = new UpdatableGuest(snapshot);
        guest.Session.RunBlocks(delay + 1);
        var request = guest.Submit(RequestKind.Apply, "package", UpdatableGuest.Package("entry-hash"));
        var manager = guest.TryHoldAt(UpdatableGuest.Symbol("kmem_cache_for_each"), "lucos-doorbell")!;
        var cache = manager.Registers.Rdi;
        var other = where == JustTaken
            ? guest.TryHoldAt(guest.ManagerSymbol(where), "nameload", blocks: MostBlocks)
            : guest.TryHoldAt(UpdatableGuest.Symbol(where), "nameload", registers => registers.Rdi == cache, MostBlocks);
        if (other is null)
        {
            return false;
        }

        manager.State = VcpuState.Running;
        guest.RunTo(UpdatableGuest.Symbol("cpus_park"));
        var (given, taken) = (KernelMemoryUse.Objects(guest, "new:entries"), KernelMemoryUse.Objects(guest, "dir_entry"));
        Assert.That((given, taken), Is.EqualTo((taken, taken)), "what the other processor has to do with was given a new version as well");
        other.State = VcpuState.Running;
        guest.RunTo(UpdatableGuest.Symbol("cpus_release"));
        Assert.That(guest.Update("entry-hash").Data?.Instances, Is.EqualTo(KernelMemoryUse.Objects(guest, "dir_entry")), "each object is known once, and nothing else");
        var answer = guest.Answer(request);
        Assert.That(answer.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
        check(guest);
        return true;
    }

    private static void CheckBehindRace(UpdatableGuest guest, string load, string use)
    {
        Assert.That(guest.Run($"kill -TERM {load}; wait {load}").Output, Does.Match(@"nameload: names=[1-9]\d* errors=0"));
        Assert.That(guest.Undo("entry-hash").Refusal, Is.EqualTo(Refusal.None));
        guest.Session.Await("the module's memory to be freed", () => guest.Update("entry-hash").MemoryReleased, UpdatableGuest.Budget);
        guest.Session.RunBlocks(50_000);
        Assert.That(KernelMemoryUse.Of(guest), Is.EqualTo(use));
    }

    /// <summary>
    /// Old versions are freed when who was in new code at the retiring has left it: those whose references were moved, and not those that are born meanwhile, which
    /// new code goes on referring to by their old version.
    /// </summary>
    [Test]
    public void ObjectThatIsBornBehindTheRetiringKeepsBothVersions()
    {
        using var guest = new UpdatableGuest();
        Assert.That(guest.Apply(Build(SlowReader("slow", "sleep_ns(500000000)"))).Refusal, Is.EqualTo(Refusal.None));
        guest.Run("readlog-exploit &");
        AwaitReaders(guest, 1);
        Assert.That(guest.Apply(MovingEntries).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Update("entry-move").State, Is.EqualTo(UpdateState.Draining), "somebody is in old code");
        guest.Run("readlog-exploit &");
        AwaitReaders(guest, 2);

        guest.Session.Await("the references to be moved", () => !guest.Update("entry-move").Data!.IsMonitored, UpdatableGuest.Budget);
        var moved = KernelMemoryUse.Objects(guest, "dir_entry");
        guest.Run("echo here > /tmp/born");
        Assert.That(guest.Update("entry-move").State, Is.EqualTo(UpdateState.Draining), "somebody is in new code who was there at the retiring");
        guest.AwaitState("entry-move", UpdateState.Finished);

        Assert.That(moved, Is.GreaterThan(FewestEntries));
        Assert.That(KernelMemoryUse.Objects(guest, "dir_entry"), Is.EqualTo(1), "old versions that nothing refers to are freed");
        Assert.That(KernelMemoryUse.Objects(guest, "new:entries"), Is.EqualTo(moved + 1));
        Assert.That(guest.Run("wait; cat /tmp/born").Output, Does.EndWith("here\n"));
        Assert.That(guest.Undo("entry-move").Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("entry-move", UpdateState.RolledBack);
        Assert.That(KernelMemoryUse.Objects(guest, "dir_entry"), Is.EqualTo(moved + 1));
        Assert.That(guest.Run("cat /tmp/born; rm /tmp/born; ls /tmp").Output, Does.EndWith("here\n"));
        Assert.That(guest.Console, Does.Not.Contain("oops").And.Not.Contain("panic"));
    }

    [Test]
    public void UndoWaitsForWhoStandsInTheCodeOfDataInPlace()
    {
        using var guest = InPlace("sleep_ns(100000000)");

        var answer = guest.Undo("in-place");

        Assert.That(answer.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
        guest.AwaitState("in-place", UpdateState.RolledBack);
    }

    [Test]
    public void UndoIsRefusedWhileSomebodyStaysInTheCodeOfDataInPlace()
    {
        using var guest = InPlace("sleep_ns(2000000000)");

        var answer = guest.Undo("in-place");

        Assert.That(answer.Refusal, Is.EqualTo(Refusal.Busy), answer.Detail);
        Assert.That(answer.Detail, Does.Match("in-place: its data lies in place, and at each of 64 instants somebody stood in its code, at the last one 1 contexts: try again"));
        Assert.That(guest.Update("in-place").State, Is.EqualTo(UpdateState.Finished));
        guest.Run("wait");
        Assert.That(guest.Undo("in-place").Refusal, Is.EqualTo(Refusal.None));
    }

    private static void ComeAndGo(UpdatableGuest guest, string name)
    {
        Assert.That(guest.Apply(name).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Undo(name).Refusal, Is.EqualTo(Refusal.None));
        guest.Session.Await("the module's memory to be freed", () => guest.Update(name).MemoryReleased, UpdatableGuest.Budget);
    }

    // A guest in which somebody is asleep in the new code of an update whose data lies in place.
    private static UpdatableGuest InPlace(string wait)
    {
        var guest = new UpdatableGuest();
        var source = SlowReader("in-place", wait) + """
            #include <kernel/inode.h>
            #include <kernel/string.h>

            static void copy(const void *from, void *to) { memcpy(((struct entry *)to)->name, ((const struct entry *)from)->name, sizeof(((struct entry *)to)->name)); }

            LUCOS_TYPE_CACHE(entries, "dir_entry", struct entry, struct entry, copy, copy,
                .placement = LUCOS_PLACEMENT_IN_PLACE, .shared_head = offsetof(struct entry, name));
            """;
        Assert.That(guest.Apply(Build(source)).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Update("in-place").State, Is.EqualTo(UpdateState.Finished), "nobody is in old code");
        guest.Run("readlog-exploit &");
        AwaitReaders(guest, 1);
        return guest;
    }

    private static string SlowReader(string name, string wait) => $$"""
        #include <kernel/time.h>
        #include <lucos_update.h>

        LUCOS_UPDATE("{{name}}", "1.0", "sys_readlog takes its time");

        static s64 slow_readlog(char *buf, s64 offset, u64 len)
        {
            {{wait}};
            return 0;
        }

        LUCOS_REPLACE(sys_readlog, slow_readlog);

        """;

    // entry-hash, but with references that are moved, and new code that refers to what is born later by its old version.
    private static byte[] MovingEntries
    {
        get
        {
            var source = File.ReadAllText(Path.Combine(GuestImages.Root, "guest-kernel/updates/entry-hash/entry-hash.c"));
            (string Old, string New)[] changes =
            [
                ("LUCOS_UPDATE(\"entry-hash\", \"1.0\", \"names in directories have a hash\");", SlowReader("entry-move", "sleep_ns(3000000000)") + Moved),
                (".placement = LUCOS_PLACEMENT_IN_PLACE", ".moved = LUCOS_ADDRESS(moved)"),
                ("kmem_cache_free(entry_cache, e)", "kmem_cache_free(slab_owner_cache(e), e)"),
            ];
            foreach (var (old, changed) in changes)
            {
                Assert.That(source, Does.Contain(old));
                source = source.Replace(old, changed, StringComparison.Ordinal);
            }

            return Build(source);
        }
    }

    private const string Moved = """
        static void moved(struct entry *from, struct entry *to)
        {
            if (!from->link.next || list_empty(&from->link))
                return;
            to->inode = from->inode;
            list_add(&to->link, &from->link);
            list_del(&from->link);
        }
        """;

    private static byte[] Build(string source)
    {
        var diagnostics = new DiagnosticBag();
        return PackageBuilder.Build(UpdateCompiler.Compile(source, "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-Wno-unused-parameter"), UpdatableGuest.Kernel, diagnostics)
            ?? throw new AssertionException(string.Join('\n', diagnostics));
    }

    private static void AwaitReaders(UpdatableGuest guest, int count)
    {
        const int mostLooks = 400;
        var processes = "";
        for (var looks = 0; looks < mostLooks && Asleep() != count; looks++)
        {
            processes = guest.Run("ps").Output;
        }

        Assert.That(Asleep(), Is.EqualTo(count), processes);

        int Asleep() => processes.Split('\n').Count(line => line.Contains("readlog-exploit", StringComparison.Ordinal) && line.Contains(" S ", StringComparison.Ordinal));
    }
}
