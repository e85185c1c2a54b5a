using Lucos.Elf;
using Lucos.Guest.Tests.Vmm;
using Lucos.Vmm;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Debugging;

/// <summary>What a debugger does shows nowhere in the guest: not in its state, not in its memory, not in blocks and time.</summary>
public sealed class UndisturbedRunTests
{
    private const ulong Blocks = 1_500_000;

    private static readonly KernelImage s_kernel = KernelImage.Load(GuestImages.Kernel);

    private readonly Dictionary<int, (string State, string Memory)> _undisturbed = [];

    [TestCase(2, 10)]
    [TestCase(4, 11)]
    [TestCase(1, 2)]
    [TestCase(3, 3)]
    public void StepsBreakpointsAndWatchpointsShowNowhere(int cpus, int seed)
    {
        using BootedGuest guest = new(cpus: cpus);
        Random random = new(seed);
        int stops = 0;
        ulong start = guest.Machine.Clock.Blocks;
        while (guest.Machine.Clock.Blocks < Blocks - 10_000)
        {
            stops += Disturb(guest.Machine, random, (ulong)random.Next(20_000));
        }

        Assert.That(stops, Is.GreaterThan(50));
        Assert.That(Finish(guest.Machine), Is.EqualTo(Undisturbed(cpus)));
    }

    /// <summary>One of the things that a debugger does, then some running on.</summary>
    private static int Disturb(Machine machine, Random random, ulong blocks)
    {
        int stops = 0;
        Limited(machine, blocks);
        switch (random.Next(4))
        {
            case 0:
                for (int i = random.Next(60); i > 0; i--)
                {
                    machine.Stepping = machine.Current;
                    stops += machine.Run(RunLimits.ForBlocks(1000)) is MachineStop.Stepped ? 1 : 0;
                    machine.Stepping = null;
                }

                break;
            case 1:
                GuestVirtualAddress place = new(PlaceInFunction(random));
                machine.Breakpoints.Add(place);
                for (int i = 0; i < 5; i++)
                {
                    stops += Limited(machine, 20_000) is MachineStop.Breakpoint ? 1 : 0;
                }

                machine.Breakpoints.Remove(place);
                break;
            case 2:
                stops += Watch(machine);
                break;
            default:
                machine.RequestStop();
                machine.Run(RunLimits.ForBlocks(100));
                _ = machine.Current.Registers;
                _ = machine.Current.FloatingPoint;
                break;
        }

        return stops;
    }

    private static int Watch(Machine machine)
    {
        VirtualMemory space = machine.Current.AddressSpace;
        ulong ticks = s_kernel.Symbols.FindOnly("ticks")!.Value;
        if (!space.TryTranslate(new GuestVirtualAddress(ticks), out Translation place, out _))
        {
            return 0;
        }

        int stops = 0;
        Listener listener = new(place.Address);
        machine.Protection.Protect(place.Address, listener);
        for (int i = 0; i < 5; i++)
        {
            stops += Limited(machine, 20_000) is MachineStop.ProtectedWrite ? 1 : 0;
        }

        machine.Protection.Unprotect(place.Address, listener);
        return stops;
    }

    private static ulong PlaceInFunction(Random random)
    {
        string[] names = ["tick", "schedule", "sys_write", "trap_dispatch", "page_alloc", "idle_loop"];
        ElfSymbol? symbol = s_kernel.Symbols.FindOnly(names[random.Next(names.Length)]);
        return (symbol?.Value ?? s_kernel.Symbols.FindOnly("tick")!.Value) + (random.Next(2) == 0 ? 0UL : 1);
    }

    private static MachineStop Limited(Machine machine, ulong blocks) =>
        machine.Run(RunLimits.ForBlocks(Math.Min(blocks, Blocks - 1 - machine.Clock.Blocks)));

    private (string State, string Memory) Undisturbed(int cpus)
    {
        if (!_undisturbed.TryGetValue(cpus, out (string, string) state))
        {
            using BootedGuest guest = new(cpus: cpus);
            state = Finish(guest.Machine);
            _undisturbed[cpus] = state;
        }

        return state;
    }

    private static (string State, string Memory) Finish(Machine machine)
    {
        while (machine.Clock.Blocks < Blocks)
        {
            machine.Run(RunLimits.ForBlocks(Blocks - machine.Clock.Blocks));
        }

        IEnumerable<RegisterFile> registers = machine.Vcpus.Select(vcpu => vcpu.Registers);
        return ($"{machine.Clock.Blocks} {machine.Clock.Now} {machine.IdleWarps} {string.Join('\n', registers)}", machine.HashMemory().Hex);
    }

    private sealed class Listener(GuestPhysicalAddress place) : IWriteListener
    {
        public bool LeavesBehindInstruction => true;

        public StoreReaction OnStore(in GuardedStore store) =>
            store.Address.Value < place.Value + 8 && place.Value < store.Address.Value + (ulong)store.Size ? StoreReaction.Stop : StoreReaction.Continue;
    }
}
