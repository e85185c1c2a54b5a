using System.Runtime.CompilerServices;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.UpdateServer.Guest;

/// <summary>Hands the machine's stores to guarded pages, and loads from them, to the server.</summary>
internal sealed class StoreListener(MachineGuest guest, IGuestListener listener) : ILoadListener
{
    /// <summary>The call that is under way on the service vCPU.</summary>
    public TransferCall Transfer { get; set; }

    /// <summary>The server.</summary>
    public IGuestListener Listener { get; } = listener;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public StoreReaction OnStore(in GuardedStore store)
    {
        guest.Enter(store.Cpu);
        return Listener.OnStore(new GuestStore(store.Cpu, store.Rip, store.Address.Value, store.Size)) ? StoreReaction.Boundary : StoreReaction.Continue;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool NeedsStep(GuestPhysicalAddress address, int size) => Listener.NeedsStep(address.Value, size);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool OnLoad(in GuardedLoad load)
    {
        guest.Enter(load.Cpu);
        return Listener.OnLoad(load.Address.Value, load.Size);
    }

    public bool AllowsServiceLoad(in GuardedLoad load) => Transfer.MayLoad?.Invoke(load.Address.Value, load.Size) ?? true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool AtBoundary(Vcpu vcpu)
    {
        guest.Enter(vcpu);
        Listener.AtBoundary();
        return true;
    }
}
