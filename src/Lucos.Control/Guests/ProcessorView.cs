using Lucos.Vmm;
using Lucos.Vmm.Cpu;

namespace Lucos.Control.Guests;

/// <summary>A processor of a guest as it stands at one moment.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Registers">Its registers.</param>
/// <param name="Backtrace">Innermost frame first, with symbols of the kernel and of updates; empty for one that was never started.</param>
public sealed record ProcessorView(int Index, VcpuState State, RegisterFile Registers, IReadOnlyList<StackFrame> Backtrace);
