using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu;

/// <summary>A call of a guest function outside of the guest's time.</summary>
/// <param name="Function">Its address.</param>
/// <param name="Cr3">Root of the page tables of the address space in which it runs, at privilege level 0.</param>
/// <param name="Argument0">RDI.</param>
/// <param name="Argument1">RSI.</param>
/// <param name="Argument2">RDX.</param>
/// <param name="StackBottom">First byte of the stack, whose whole pages may be stored to; a page's start.</param>
/// <param name="StackTop">The byte behind the stack, a page's start.</param>
/// <param name="Budget">Most code bytes to be executed, counted by whole blocks.</param>
/// <param name="Filter">Where else it may store.</param>
public readonly record struct ServiceCall(
    GuestVirtualAddress Function,
    ulong Cr3,
    ulong Argument0,
    ulong Argument1,
    ulong Argument2,
    GuestVirtualAddress StackBottom,
    GuestVirtualAddress StackTop,
    ulong Budget,
    IStoreFilter Filter);
