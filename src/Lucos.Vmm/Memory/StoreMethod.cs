namespace Lucos.Vmm.Memory;

/// <summary>How a store that meets a guarded page is carried out, and so where its listener is told. The page stays closed either way.</summary>
public enum StoreMethod
{
    /// <summary>Inside its instruction; the listener is told at once, and the boundary is that of the block.</summary>
    Emulate,

    /// <summary>
    /// The instruction is refused and then executed alone; the listener is told at the instruction boundary behind it. Instructions that can't
    /// be refused without a trace (<see cref="Cpu.SteppableStores"/>) are done as <see cref="Emulate"/>.
    /// </summary>
    Step,
}
