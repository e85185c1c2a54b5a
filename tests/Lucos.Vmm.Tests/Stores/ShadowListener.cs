using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Tests.Stores;

/// <summary>Keeps copies of guarded pages up to date by nothing but the stores that it is told of.</summary>
internal sealed class ShadowListener : IWriteListener
{
    private readonly Machine _machine;
    private readonly Dictionary<ulong, byte[]> _pages = [];

    internal ShadowListener(Machine machine, IEnumerable<ulong> pages, StoreMethod method, StoreReaction reaction)
    {
        _machine = machine;
        Reaction = reaction;
        foreach (ulong page in pages)
        {
            _pages[page] = machine.Memory.Span(new GuestPhysicalAddress(page), 4096).ToArray();
        }

        machine.Protection.Protect([.. _pages.Keys.Select(page => new GuestPhysicalAddress(page))], this, method);
    }

    internal StoreReaction Reaction { get; }

    /// <summary>Whether <see cref="AtBoundary"/> lets the machine go on.</summary>
    internal bool GoesOn { get; init; } = true;

    /// <summary>Stores at addresses with this bit need no step; 0: all do.</summary>
    internal ulong Unstepped { get; init; }

    internal List<GuardedStore> Stores { get; } = [];

    internal int Boundaries { get; private set; }

    /// <summary>What was found wrong in a call.</summary>
    internal List<string> Wrong { get; } = [];

    /// <summary>Whether the copies are what is in memory.</summary>
    internal bool IsUpToDate => _pages.All(page => _machine.Memory.Span(new GuestPhysicalAddress(page.Key), 4096).SequenceEqual(page.Value));

    public bool NeedsStep(GuestPhysicalAddress address, int size) => (address.Value & Unstepped) == 0;

    public StoreReaction OnStore(in GuardedStore store)
    {
        Stores.Add(store);
        int offset = (int)(store.Address.Value % 4096);
        if (offset + store.Size > 4096)
        {
            Wrong.Add($"{store} crosses a page");
            return Reaction;
        }

        _machine.Memory.Read(store.Address, _pages[store.Address.Value - (ulong)offset].AsSpan(offset, store.Size));
        RegisterFile registers = _machine.Vcpus[store.Cpu].Registers;
        bool atInstruction = registers.Rip == store.Rip;
        if (store.Method == StoreMethod.Emulate && !atInstruction)
        {
            Wrong.Add($"{store}: RIP is 0x{registers.Rip:x}");
        }

        if (store.Method == StoreMethod.Step && (registers.Rflags & 0x100) != 0)
        {
            Wrong.Add($"{store}: TF is set");
        }

        return Reaction;
    }

    public bool AtBoundary(Vcpu vcpu)
    {
        Boundaries++;
        return GoesOn;
    }
}
