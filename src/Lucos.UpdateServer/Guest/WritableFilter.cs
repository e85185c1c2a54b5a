using System.Runtime.CompilerServices;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.UpdateServer.Guest;

/// <summary>Lets a state-transfer function store to its target, to declared scratch, and nowhere else.</summary>
internal sealed class WritableFilter : IStoreFilter
{
    /// <summary>The call that is under way.</summary>
    public TransferCall Call { get; set; }

    public bool Allows(GuestPhysicalAddress address, int size) => Call.Allows(address.Value, size);
}
