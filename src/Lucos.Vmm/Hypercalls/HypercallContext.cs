using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Hypercalls;

/// <summary>A hypercall that is being served. All of it comes from the guest: check before use.</summary>
/// <remarks>A value, because a guest makes many.</remarks>
/// <param name="Machine">The machine, which stands still at an instruction boundary.</param>
/// <param name="Vcpu">The processor that called; its state is exact, its RIP behind the call.</param>
/// <param name="Number">RAX.</param>
/// <param name="Argument0">RBX.</param>
/// <param name="Argument1">RCX.</param>
/// <param name="Argument2">RSI.</param>
/// <param name="Argument3">RDI.</param>
/// <param name="Cpl">Privilege level of the caller.</param>
public readonly record struct HypercallContext(
    Machine Machine, Vcpu Vcpu, ulong Number, ulong Argument0, ulong Argument1, ulong Argument2, ulong Argument3, byte Cpl)
{
    /// <summary>The caller's address space.</summary>
    public VirtualMemory Memory => Vcpu.AddressSpace;
}
