using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Memory;

/// <summary>Is told of stores to guarded pages, on the machine's thread.</summary>
public interface IWriteListener
{
    /// <summary>
    /// A store has happened: the value is in memory. With <see cref="StoreMethod.Emulate"/> the processor is inside the instruction: its state
    /// may be read and must not be changed, and no page may be guarded or opened. With <see cref="StoreMethod.Step"/> it stands at the
    /// boundary behind the instruction. <see cref="Machine.Service"/> may be called either way.
    /// </summary>
    /// <param name="store">The store. An instruction that stores in several pieces is reported in several.</param>
    StoreReaction OnStore(in GuardedStore store);

    /// <summary>
    /// The boundary behind stores for which <see cref="OnStore"/> returned <see cref="StoreReaction.Boundary"/>: the instruction's (step) or
    /// the block's (emulate). Called before anything else happens in the machine, devices and interrupts included; everything may be
    /// changed here.
    /// </summary>
    /// <param name="vcpu">The processor that stored.</param>
    /// <returns>False to end <see cref="Machine.Run"/> with <see cref="MachineStop.ProtectedWrite"/>.</returns>
    bool AtBoundary(Vcpu vcpu) => true;
}
