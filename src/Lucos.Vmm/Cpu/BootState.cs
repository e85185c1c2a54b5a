namespace Lucos.Vmm.Cpu;

/// <summary>What a processor needs to start in 64-bit mode.</summary>
/// <param name="Entry">First instruction.</param>
/// <param name="PageTables">Physical address of the PML4.</param>
/// <param name="Gdt">Address of a GDT with a 64-bit code segment at selector 0x10 and a data segment at 0x18.</param>
/// <param name="GdtLimit">Its limit.</param>
/// <param name="StartInfo">Goes to RSI: physical address of the boot information.</param>
public readonly record struct BootState(ulong Entry, ulong PageTables, ulong Gdt, uint GdtLimit, ulong StartInfo);
