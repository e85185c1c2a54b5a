using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Memory;

/// <summary>Is told of stores to guarded pages, on the machine's thread.</summary>
public interface IWriteListener
{
    /// <summary>
    /// Whether a <see cref="StoreReaction.Stop"/> of this listener ends the run right behind the storing instruction, whatever its form, also inside
    /// a block; for debuggers. All code runs much slower meanwhile. Asked when pages are guarded and opened: it must not change.
    /// </summary>
    bool LeavesBehindInstruction => false;

    /// <summary>
    /// Whether a store to a page that this listener guards with <see cref="StoreMethod.Step"/> has to be stepped. Where not, it is carried out inside
    /// the instruction, which is many times faster, and told of as with <see cref="StoreMethod.Emulate"/>. Nothing may be changed here.
    /// </summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="size">Its bytes, all in one page.</param>
    bool NeedsStep(GuestPhysicalAddress address, int size) => true;

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
