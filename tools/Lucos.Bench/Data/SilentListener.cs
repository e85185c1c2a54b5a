using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Bench.Data;

/// <summary>Listens to stores and does nothing about them: what leaving the guest costs by itself.</summary>
/// <param name="reaction">What it answers: a listener that acts behind the store asks for the boundary.</param>
internal sealed class SilentListener(StoreReaction reaction) : IWriteListener
{
    /// <inheritdoc/>
    public StoreReaction OnStore(in GuardedStore store) => reaction;

    /// <inheritdoc/>
    public bool AtBoundary(Vcpu vcpu) => true;
}
