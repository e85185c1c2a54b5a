using Lucos.Unicorn;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>Whole register files, for debugging, hypercalls and reports.</summary>
internal sealed partial class EmulatedVcpu
{
    public ulong PageTables => _engine.Cr3;

    public void ReadRegisters(out RegisterFile registers)
    {
        CpuContext c = _engine.View;
        c.Save();
        registers = new RegisterFile
        {
            Rax = c[0],
            Rcx = c[1],
            Rdx = c[2],
            Rbx = c[3],
            Rsp = c[4],
            Rbp = c[5],
            Rsi = c[6],
            Rdi = c[7],
            R8 = c[8],
            R9 = c[9],
            R10 = c[10],
            R11 = c[11],
            R12 = c[12],
            R13 = c[13],
            R14 = c[14],
            R15 = c[15],
            Rip = c.Rip,
            Rflags = c.Eflags,
            Cpl = c.Cpl,
            Cs = FromNative(c.Segment(SegmentIndex.Cs)),
            Ss = FromNative(c.Segment(SegmentIndex.Ss)),
            Ds = FromNative(c.Segment(SegmentIndex.Ds)),
            Es = FromNative(c.Segment(SegmentIndex.Es)),
            Fs = FromNative(c.Segment(SegmentIndex.Fs)),
            Gs = FromNative(c.Segment(SegmentIndex.Gs)),
            Tr = FromNative(c.Tr),
            Gdt = FromNative(c.Gdt),
            Idt = FromNative(c.Idt),
            Cr0 = c.Cr0,
            Cr2 = c.Cr2,
            Cr3 = c.Cr3,
            Cr4 = c.Cr4,
            KernelGsBase = c.KernelGsBase,
        };
    }

    public void WriteRegisters(in RegisterFile registers)
    {
        CpuContext c = _engine.Scratch;
        c.Save();
        c[0] = registers.Rax;
        c[1] = registers.Rcx;
        c[2] = registers.Rdx;
        c[3] = registers.Rbx;
        c[4] = registers.Rsp;
        c[5] = registers.Rbp;
        c[6] = registers.Rsi;
        c[7] = registers.Rdi;
        c[8] = registers.R8;
        c[9] = registers.R9;
        c[10] = registers.R10;
        c[11] = registers.R11;
        c[12] = registers.R12;
        c[13] = registers.R13;
        c[14] = registers.R14;
        c[15] = registers.R15;
        c.Rip = registers.Rip;
        c.Eflags = (uint)registers.Rflags;
        c.SetSegment(SegmentIndex.Cs, ToNative(registers.Cs));
        c.SetSegment(SegmentIndex.Ss, ToNative(registers.Ss));
        c.SetSegment(SegmentIndex.Ds, ToNative(registers.Ds));
        c.SetSegment(SegmentIndex.Es, ToNative(registers.Es));
        c.SetSegment(SegmentIndex.Fs, ToNative(registers.Fs));
        c.SetSegment(SegmentIndex.Gs, ToNative(registers.Gs));
        c.Cpl = registers.Cpl;
        c.Restore();
    }
}
