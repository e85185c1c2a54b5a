namespace Lucos.Vmm.Memory;

/// <summary>Is told of stores to guarded pages, after the value is in memory.</summary>
public interface IWriteListener
{
    /// <summary>
    /// Whether a machine that leaves for this listener leaves right behind the storing instruction, and not at the next block boundary. All code
    /// runs much slower meanwhile. Asked once, when a page is guarded.
    /// </summary>
    bool LeavesBehindInstruction => false;

    /// <summary>A store has happened. Called on the machine's thread, inside the instruction: the vCPU's state must not be changed here.</summary>
    /// <param name="address">First byte stored.</param>
    /// <param name="size">Bytes stored.</param>
    /// <returns>Whether the machine shall leave with <see cref="VmExit.ProtectedWrite"/>.</returns>
    bool OnStore(GuestPhysicalAddress address, int size);
}
