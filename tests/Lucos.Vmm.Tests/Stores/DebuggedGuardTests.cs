using Iced.Intel;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests.Stores;

/// <summary>A debugger in a guest whose pages are guarded: neither the guest nor who guards the pages can tell that it is there.</summary>
public sealed class DebuggedGuardTests
{
    private const ulong Page = 0x700000;
    private const int Programs = 12;

    [Test]
    public void StepsShowNeitherInTheGuestNorToListeners([Values] StoreMethod method, [Values] bool isWatched)
    {
        foreach (int seed in Seeds().Take(Programs))
        {
            using StoreProgram plain = Program(seed);
            Listener expected = new(plain.Guest.Machine, method);
            MachineStop expectedStop = plain.Guest.Run();

            using StoreProgram stepped = Program(seed);
            Listener found = new(stepped.Guest.Machine, method);
            Watch watch = new(Page);
            if (isWatched)
            {
                stepped.Guest.Machine.Protection.Protect(new GuestPhysicalAddress(StoreProgram.Third), watch);
            }

            Assert.That(StepInto(stepped.Guest.Machine, plain.Guest.Machine.Clock.Blocks), Is.GreaterThan(100));
            Assert.That(stepped.Guest.Run(), Is.EqualTo(expectedStop));
            AssertSame(stepped.Guest.Machine, plain.Guest.Machine, $"seed {seed}: {string.Join(' ', plain.Names)}");
            Assert.That(found.Calls, Is.EqualTo(expected.Calls), $"seed {seed}");
        }
    }

    [Test]
    public void AWatchpointElsewhereShowsNowhere()
    {
        const ulong elsewhere = 0x780000;
        foreach (int seed in Seeds().Where(HasNoWideCompare).Take(100))
        {
            using StoreProgram plain = Program(seed);
            Touch(plain.Guest.Machine, elsewhere);
            MachineStop expected = plain.Guest.Run();

            using StoreProgram watched = Program(seed);
            watched.Guest.Machine.Protection.Protect(new GuestPhysicalAddress(elsewhere), new Watch(elsewhere));
            Assert.That(watched.Guest.Run(), Is.EqualTo(expected));
            AssertSame(watched.Guest.Machine, plain.Guest.Machine, $"seed {seed}: {string.Join(' ', plain.Names)}");
        }
    }

    [Test]
    public void AWatchpointElsewhereChangesNothingForListeners([Values] StoreMethod method)
    {
        const ulong elsewhere = 0x780000;
        foreach (int seed in Seeds().Take(3 * Programs))
        {
            using StoreProgram watched = Program(seed);
            watched.Guest.Machine.Protection.Protect(new GuestPhysicalAddress(elsewhere), new Watch(elsewhere));
            watched.Guest.Run();

            using StoreProgram guarded = Program(seed);
            Listener expected = new(guarded.Guest.Machine, method);
            guarded.Guest.Run();

            using StoreProgram both = Program(seed);
            Listener found = new(both.Guest.Machine, method);
            both.Guest.Machine.Protection.Protect(new GuestPhysicalAddress(elsewhere), new Watch(elsewhere));
            both.Guest.Run();
            Assert.That(both.Guest.Registers, Is.EqualTo(watched.Guest.Registers), $"seed {seed}: {string.Join(' ', both.Names)}");
            Assert.That(found.Calls, Is.EqualTo(expected.Calls), $"seed {seed}");
        }
    }

    [Test]
    public void AWatchpointStopsBehindTheInstructionAndOthersAtTheirBoundary([Values] StoreMethod method)
    {
        using BareGuest plain = Storing();
        Listener expected = new(plain.Machine, method);
        plain.Run();

        using BareGuest guest = Storing();
        Listener found = new(guest.Machine, method);
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(Page), new Watch(Page));
        ulong behind = Find(guest, [0xff, 0xc2]);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.ProtectedWrite(new GuestPhysicalAddress(Page), 4)));
        Assert.That(guest.Registers.Rip, Is.EqualTo(behind));
        Assert.That(found.Calls.Count(call => call.StartsWith("boundary", StringComparison.Ordinal)), Is.EqualTo(method == StoreMethod.Step ? 1 : 0));
        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.ProtectedWrite>());
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(3)));
        AssertSame(guest.Machine, plain.Machine, "watched");
        Assert.That(found.Calls, Is.EqualTo(expected.Calls));
    }

    [Test]
    public void NoSnapshotIsTakenWhileAListenerWaitsForTheEndOfTheBlock()
    {
        using BareGuest guest = Storing();
        _ = new Listener(guest.Machine, StoreMethod.Emulate);
        Watch watch = new(Page);
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(Page), watch);
        guest.Run();
        Assert.That(() => guest.Machine.TakeSnapshot(), Throws.TypeOf<SnapshotException>().With.Message.Contains("store-boundary-due"));
        guest.Machine.Protection.Unprotect(new GuestPhysicalAddress(Page), watch);
        guest.Machine.Breakpoints.Add(new GuestVirtualAddress(Find(guest, [0xff, 0xc7])));
        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.Breakpoint>());
        guest.Machine.TakeSnapshot().Dispose();
    }

    [Test]
    public void AStoppedForkInsideABlockGoesOnLikeTheOriginal()
    {
        using BareGuest guest = Storing();
        Watch watch = new(Page);
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(Page), watch);
        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.ProtectedWrite>());
        using Machine fork = guest.Machine.Fork();
        fork.Protection.Protect(new GuestPhysicalAddress(Page), new Watch(Page));
        Assert.That(fork.Run(RunLimits.None), Is.EqualTo(guest.Run()).And.InstanceOf<MachineStop.ProtectedWrite>());
        Assert.That(fork.Run(RunLimits.None), Is.EqualTo(guest.Run()).And.EqualTo(new MachineStop.PowerOff(3)));
        AssertSame(fork, guest.Machine, "fork");
    }

    [Test]
    public void AWatchedFrameOfAnExceptionStopsBeforeItsHandler()
    {
        const ulong stack = Page + 0x800;
        using BareGuest guest = new();
        guest.Handle(ExceptionVector.InvalidOpcode, a => BareGuest.PowerOff(a, 4));
        guest.Boot(a =>
        {
            a.mov(rsp, stack);
            a.xor(ecx, ecx);
            a.ud2();
        });
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(stack - 8), new Watch(stack - 24));
        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.ProtectedWrite>());
        Assert.That(guest.Registers.Rsp, Is.EqualTo(stack - 40), "the frame is there");
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(4)));
    }

    // Of RCL and RCR that fault, the frame holds flags that depend on where the run was stopped before.
    private static IEnumerable<int> Seeds() => Enumerable.Range(0, int.MaxValue).Where(HasNoRotationThroughCarry);

    private static bool HasNoRotationThroughCarry(int seed)
    {
        using StoreProgram program = Program(seed);
        return !program.Names.Exists(name => name.StartsWith("rcl", StringComparison.Ordinal) || name.StartsWith("rcr", StringComparison.Ordinal));
    }

    // CMPXCHG8B and CMPXCHG16B leave flags that depend on how the code around them was translated (ReportedFaultTests of Lucos.Unicorn.Tests).
    private static bool HasNoWideCompare(int seed)
    {
        using StoreProgram program = Program(seed);
        return !program.Names.Exists(name => name.Contains("cmpxchg8b", StringComparison.Ordinal) || name.Contains("cmpxchg16b", StringComparison.Ordinal));
    }

    private static StoreProgram Program(int seed) => new(seed, (ulong)(seed % 3 == 2 ? 3 : seed % 3), seed % 4 == 3);

    // Closing a page sets accessed bits on the way to it (the library walks the guest's tables): here too.
    private static void Touch(Machine machine, ulong page)
    {
        Watch watch = new(page);
        machine.Protection.Protect(new GuestPhysicalAddress(page), watch);
        machine.Protection.Unprotect(new GuestPhysicalAddress(page), watch);
    }

    private static int StepInto(Machine machine, ulong block)
    {
        int steps = 0;
        while (machine.Clock.Blocks < block)
        {
            machine.Stepping = machine.Current;
            if (machine.Run(RunLimits.None) is MachineStop.Stepped)
            {
                steps++;
            }
        }

        machine.Stepping = null;
        return steps;
    }

    private static void AssertSame(Machine found, Machine expected, string what) => Assert.Multiple(() =>
    {
        Assert.That((found.Clock.Blocks, found.Clock.Now), Is.EqualTo((expected.Clock.Blocks, expected.Clock.Now)), what);
        Assert.That(found.Vcpus[0].Registers, Is.EqualTo(expected.Vcpus[0].Registers), what);
        Assert.That(found.HashMemory(), Is.EqualTo(expected.HashMemory()), what);
    });

    private static ulong Find(BareGuest guest, ReadOnlySpan<byte> code) =>
        BareGuest.CodeBase + (ulong)guest.Machine.Memory.Span(new GuestPhysicalAddress(BareGuest.CodeBase), 4096).IndexOf(code);

    // One block with two stores, and one behind it.
    private static BareGuest Storing()
    {
        BareGuest guest = new();
        guest.Boot(a =>
        {
            Label next = a.CreateLabel();
            a.mov(ebx, (uint)Page);
            a.mov(ecx, 7);
            a.mov(__dword_ptr[rbx], ecx);
            a.inc(edx);
            a.@lock.add(__dword_ptr[rbx], ecx);
            a.inc(esi);
            a.jmp(next);
            a.Label(ref next);
            a.inc(edi);
            BareGuest.PowerOff(a, 3);
        });
        return guest;
    }

    /// <summary>Guards pages and writes down what it is told, and when.</summary>
    private sealed class Listener : IWriteListener
    {
        private readonly Machine _machine;

        internal Listener(Machine machine, StoreMethod method)
        {
            _machine = machine;
            machine.Protection.Protect([new(StoreProgram.First), new(StoreProgram.Second)], this, method);
        }

        internal List<string> Calls { get; } = [];

        public StoreReaction OnStore(in GuardedStore store)
        {
            Calls.Add($"{store}");
            return StoreReaction.Boundary;
        }

        public bool AtBoundary(Vcpu vcpu)
        {
            Calls.Add($"boundary {vcpu.Registers.Rip:x} {_machine.Clock.Blocks} {_machine.Clock.Now}");
            return true;
        }
    }

    private sealed class Watch(ulong place) : IWriteListener
    {
        public bool LeavesBehindInstruction => true;

        public StoreReaction OnStore(in GuardedStore store) =>
            store.Address.Value < place + 8 && place < store.Address.Value + (ulong)store.Size ? StoreReaction.Stop : StoreReaction.Continue;
    }
}
