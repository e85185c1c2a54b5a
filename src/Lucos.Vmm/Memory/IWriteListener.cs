namespace Lucos.Vmm.Memory;

/// <summary>Is told of stores to guarded pages, after the value is in memory.</summary>
public interface IWriteListener
{
    /// <summary>A store has happened. Called on the machine's thread, inside the instruction: the vCPU's state must not be changed here.</summary>
    /// <param name="address">First byte stored.</param>
    /// <param name="size">Bytes stored.</param>
    /// <returns>Whether the machine shall leave with <see cref="VmExit.ProtectedWrite"/> at the next block boundary.</returns>
    bool OnStore(GuestPhysicalAddress address, int size);
}
