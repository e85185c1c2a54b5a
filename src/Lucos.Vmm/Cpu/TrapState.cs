namespace Lucos.Vmm.Cpu;

/// <summary>The part of a processor's state that delivery of an event reads and changes.</summary>
internal struct TrapState
{
    internal ulong Rip;
    internal ulong Rsp;
    internal ulong Rflags;
    internal ulong Cr0;
    internal ulong Cr2;
    internal ulong Cr3;
    internal byte Cpl;
    internal SegmentState Cs;
    internal SegmentState Ss;
    internal SegmentState Gdt;
    internal SegmentState Ldt;
    internal SegmentState Idt;
    internal SegmentState Tr;
}
