using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu;

/// <summary>Says where a function that <see cref="ServiceVcpu"/> calls may store.</summary>
public interface IStoreFilter
{
    /// <summary>
    /// Whether a store may be made. Asked before each one, with the old bytes still in memory: this is the place to keep them for an undo. To be
    /// undone backwards: a byte may be asked for more than once.
    /// </summary>
    /// <param name="address">First byte.</param>
    /// <param name="size">Bytes, all in one page.</param>
    bool Allows(GuestPhysicalAddress address, int size);
}
