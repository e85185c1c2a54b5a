namespace Lucos.Vmm.Cpu;

/// <summary>
/// A snapshot of a vCPU's registers at an instruction boundary. Change a copy and assign it back to <see cref="Vcpu.Registers"/>:
/// general registers, RIP, RFLAGS, segments, privilege level, control registers, EFER and the inactive GS base are written; the task register
/// and the tables are read-only here.
/// </summary>
public record struct RegisterFile
{
    /// <summary>RAX.</summary>
    public ulong Rax { get; set; }

    /// <summary>RCX.</summary>
    public ulong Rcx { get; set; }

    /// <summary>RDX.</summary>
    public ulong Rdx { get; set; }

    /// <summary>RBX.</summary>
    public ulong Rbx { get; set; }

    /// <summary>RSP, the stack pointer.</summary>
    public ulong Rsp { get; set; }

    /// <summary>RBP, the frame pointer.</summary>
    public ulong Rbp { get; set; }

    /// <summary>RSI.</summary>
    public ulong Rsi { get; set; }

    /// <summary>RDI.</summary>
    public ulong Rdi { get; set; }

    /// <summary>R8.</summary>
    public ulong R8 { get; set; }

    /// <summary>R9.</summary>
    public ulong R9 { get; set; }

    /// <summary>R10.</summary>
    public ulong R10 { get; set; }

    /// <summary>R11.</summary>
    public ulong R11 { get; set; }

    /// <summary>R12.</summary>
    public ulong R12 { get; set; }

    /// <summary>R13.</summary>
    public ulong R13 { get; set; }

    /// <summary>R14.</summary>
    public ulong R14 { get; set; }

    /// <summary>R15.</summary>
    public ulong R15 { get; set; }

    /// <summary>RIP, the address of the next instruction.</summary>
    public ulong Rip { get; set; }

    /// <summary>RFLAGS.</summary>
    public ulong Rflags { get; set; }

    /// <summary>Current privilege level, 0 to 3.</summary>
    public byte Cpl { get; set; }

    /// <summary>CS.</summary>
    public SegmentState Cs { get; set; }

    /// <summary>SS.</summary>
    public SegmentState Ss { get; set; }

    /// <summary>DS.</summary>
    public SegmentState Ds { get; set; }

    /// <summary>ES.</summary>
    public SegmentState Es { get; set; }

    /// <summary>FS.</summary>
    public SegmentState Fs { get; set; }

    /// <summary>GS.</summary>
    public SegmentState Gs { get; set; }

    /// <summary>Task register.</summary>
    public SegmentState Tr { get; set; }

    /// <summary>Global descriptor table.</summary>
    public SegmentState Gdt { get; set; }

    /// <summary>Interrupt descriptor table.</summary>
    public SegmentState Idt { get; set; }

    /// <summary>CR0.</summary>
    public ulong Cr0 { get; set; }

    /// <summary>CR2, the address of the last page fault.</summary>
    public ulong Cr2 { get; set; }

    /// <summary>CR3, the root of the page tables.</summary>
    public ulong Cr3 { get; set; }

    /// <summary>CR4.</summary>
    public ulong Cr4 { get; set; }

    /// <summary>IA32_EFER.</summary>
    public ulong Efer { get; set; }

    /// <summary>IA32_KERNEL_GS_BASE, the inactive GS base.</summary>
    public ulong KernelGsBase { get; set; }
}
