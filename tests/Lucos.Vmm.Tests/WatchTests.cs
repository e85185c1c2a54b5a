using Iced.Intel;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Stops right behind an access to watched memory, whatever the form of the instruction.</summary>
public sealed class WatchTests
{
    private const ulong Place = 0x300ff8;

    // Forms by name; RBX points at the watched eight bytes, the last ones of a page.
    private static readonly Dictionary<string, Action<Assembler>> s_stores = new()
    {
        ["mov"] = a => a.mov(__qword_ptr[rbx], 7),
        ["byte in the middle"] = a => a.mov(__byte_ptr[rbx + 3], 7),
        ["add"] = a => a.add(__qword_ptr[rbx], 3),
        ["lock xadd"] = a => a.@lock.xadd(__qword_ptr[rbx], rcx),
        ["xchg"] = a => a.xchg(__qword_ptr[rbx], rcx),
        ["across the page"] = a => a.add(__qword_ptr[rbx + 4], rcx),
        ["from before"] = a => a.mov(__qword_ptr[rbx - 7], rcx),
        ["cmpxchg16b"] = a => a.cmpxchg16b(__xmmword_ptr[rbx - 8]),
        ["fxsave"] = a => a.fxsave(__[rbx - 0x178]),
        ["movups"] = a => a.movups(__xmmword_ptr[rbx - 4], xmm0),
        ["push"] = a => a.push(rcx),
        ["stos"] = a => a.stosq(),
    };

    private static readonly Dictionary<string, Action<Assembler>> s_loads = new()
    {
        ["mov"] = a => a.mov(rcx, __qword_ptr[rbx]),
        ["byte in the middle"] = a => a.movzx(ecx, __byte_ptr[rbx + 3]),
        ["add"] = a => a.add(__qword_ptr[rbx], 3),
        ["cmp"] = a => a.cmp(__qword_ptr[rbx], 3),
        ["across the page"] = a => a.mov(rcx, __qword_ptr[rbx + 4]),
        ["from before"] = a => a.mov(rcx, __qword_ptr[rbx - 7]),
        ["movups"] = a => a.movups(xmm0, __xmmword_ptr[rbx - 4]),
        ["pop"] = a => a.pop(rcx),
        ["lods"] = a => a.lodsq(),
    };

    private static readonly byte[] s_marker = [0x41, 0xb9, 0xed, 0x5e, 0xed, 0x5e];

    private static IEnumerable<string> Stores => s_stores.Keys;

    private static IEnumerable<string> Loads => s_loads.Keys;

    [TestCaseSource(nameof(Stores))]
    public void AWatchedStoreStopsRightBehindItsInstructionAndShowsNowhere(string form)
    {
        Listener listener = new();
        Check(
            s_stores[form], stackOffset: 8, typeof(MachineStop.ProtectedWrite),
            machine => machine.Protection.Protect(new GuestPhysicalAddress(Place), listener),
            machine => machine.Protection.Unprotect(new GuestPhysicalAddress(Place), listener));
        Assert.That(listener.Hits, Is.Positive);
    }

    [TestCaseSource(nameof(Loads))]
    public void AWatchedLoadStopsRightBehindItsInstructionAndShowsNowhere(string form)
    {
        Listener listener = new();
        Check(
            s_loads[form], stackOffset: 0, typeof(MachineStop.WatchedLoad),
            machine => machine.Reads.Add(new GuestPhysicalAddress(Place), 8, listener),
            machine => machine.Reads.Remove(listener));
        Assert.That(listener.Hits, Is.Positive);
    }

    [Test]
    public void LoadsFromBesideAndOnceTheWatchHasEndedAreNotReported()
    {
        Listener listener = new();
        using BareGuest guest = Program(a =>
        {
            a.mov(rcx, __qword_ptr[rbx - 8]);
            a.mov(rcx, __qword_ptr[rbx + 8]);
        }, 0);
        guest.Machine.Reads.Add(new GuestPhysicalAddress(Place), 8, listener);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(listener.Hits, Is.Zero);

        using BareGuest ended = Program(s_loads["mov"], 0);
        ended.Machine.Reads.Add(new GuestPhysicalAddress(Place), 8, listener);
        ended.Machine.Reads.Remove(listener);
        Assert.That(ended.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That((listener.Hits, ended.Machine.Reads.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void AWatchOutsideOfRamIsRefused()
    {
        using BareGuest guest = new();
        Assert.That(() => guest.Machine.Reads.Add(new GuestPhysicalAddress(1UL << 40), 8, new Listener()), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => guest.Machine.Reads.Add(new GuestPhysicalAddress(Place), 0, new Listener()), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static void Check(Action<Assembler> form, int stackOffset, Type stop, Action<Machine> watch, Action<Machine> end)
    {
        using BareGuest undisturbed = Program(form, stackOffset);
        undisturbed.Run();

        using BareGuest guest = Program(form, stackOffset);
        watch(guest.Machine);
        Assert.That(guest.Run(), Is.TypeOf(stop));
        ulong marker = FindMarker(guest);
        Assert.That(guest.Registers.Rip, Is.EqualTo(marker), "right behind the instruction");
        end(guest.Machine);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.Multiple(() =>
        {
            Assert.That(guest.Registers, Is.EqualTo(undisturbed.Registers));
            Assert.That((guest.Machine.Clock.Blocks, guest.Machine.Clock.Now), Is.EqualTo((undisturbed.Machine.Clock.Blocks, undisturbed.Machine.Clock.Now)));
            Assert.That(guest.Machine.HashMemory(), Is.EqualTo(undisturbed.Machine.HashMemory()));
        });
    }

    private static BareGuest Program(Action<Assembler> form, int stackOffset)
    {
        BareGuest guest = new();
        guest.Boot(a =>
        {
            a.mov(ebx, (uint)Place);
            a.mov(rdi, rbx);
            a.mov(rsi, rbx);
            a.lea(rsp, __[rbx + stackOffset]);
            a.mov(ecx, 0x55);
            a.xor(eax, eax);
            a.xor(edx, edx);
            form(a);
            a.mov(r9d, 0x5eed5eed);
            a.inc(r10);
            BareGuest.PowerOff(a, 0);
        });
        return guest;
    }

    private static ulong FindMarker(BareGuest guest) =>
        BareGuest.CodeBase + (ulong)guest.Machine.Memory.Span(new GuestPhysicalAddress(BareGuest.CodeBase), 4096).IndexOf(s_marker);

    private sealed class Listener : IWriteListener, IReadListener
    {
        internal int Hits { get; private set; }

        public bool LeavesBehindInstruction => true;

        public StoreReaction OnStore(in GuardedStore store) => Touches(store.Address, store.Size) ? StoreReaction.Stop : StoreReaction.Continue;

        public bool OnLoad(GuestPhysicalAddress address, int size) => Touches(address, size);

        private bool Touches(GuestPhysicalAddress address, int size)
        {
            bool touches = address.Value < Place + 8 && Place < address.Value + (ulong)size;
            Hits += touches ? 1 : 0;
            return touches;
        }
    }
}
