using Lucos.Unicorn;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>Whole register files, for debugging, hypercalls and reports.</summary>
internal sealed partial class EmulatedVcpu
{
    private const uint KernelGsBaseMsr = 0xc000_0102;

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
            Efer = _engine.ReadMsr(Efer),
        };
    }

    public void WriteRegisters(in RegisterFile registers)
    {
        CpuContext c = _engine.View;
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

        if (c.Rip != registers.Rip)
        {
            // Where else it goes on, it begins a block.
            _paidEnd = 0;
        }

        c.Rip = registers.Rip;
        c.Eflags = (uint)registers.Rflags;
        c.SetSegment(SegmentIndex.Cs, ToNative(registers.Cs));
        c.SetSegment(SegmentIndex.Ss, ToNative(registers.Ss));
        c.SetSegment(SegmentIndex.Ds, ToNative(registers.Ds));
        c.SetSegment(SegmentIndex.Es, ToNative(registers.Es));
        c.SetSegment(SegmentIndex.Fs, ToNative(registers.Fs));
        c.SetSegment(SegmentIndex.Gs, ToNative(registers.Gs));
        c.Cpl = registers.Cpl;
        c.Cr2 = registers.Cr2;
        c.Restore();
        WriteControlRegisters(in registers, c);
    }

    public FloatingPointFile ReadFloatingPoint()
    {
        FloatingPointFile file = new()
        {
            ControlWord = _engine.FloatControlWord,
            StatusWord = _engine.FloatStatusWord,
            TagWord = _engine.FloatTagWord,
            Mxcsr = _engine.Mxcsr,
        };
        for (int i = 0; i < FloatingPointFile.X87Count; i++)
        {
            _engine.ReadX87(i, file.X87(i));
        }

        for (int i = 0; i < FloatingPointFile.VectorCount; i++)
        {
            _engine.ReadVector(i, file.Vector(i));
        }

        return file;
    }

    public void WriteFloatingPoint(FloatingPointFile registers)
    {
        _engine.FloatControlWord = registers.ControlWord;
        for (int i = 0; i < FloatingPointFile.X87Count; i++)
        {
            _engine.WriteX87(i, registers.X87(i));
        }

        for (int i = 0; i < FloatingPointFile.VectorCount; i++)
        {
            _engine.WriteVector(i, registers.Vector(i));
        }
    }

    // A write to one of these has consequences that only the emulator knows (paging on or off, cached addresses), so only changes are written.
    private void WriteControlRegisters(in RegisterFile registers, CpuContext present)
    {
        if (registers.Efer != _engine.ReadMsr(Efer))
        {
            _engine.WriteMsr(Efer, registers.Efer);
        }

        if (registers.KernelGsBase != present.KernelGsBase)
        {
            _engine.WriteMsr(KernelGsBaseMsr, registers.KernelGsBase);
        }

        if (registers.Cr4 != present.Cr4)
        {
            _engine.Cr4 = registers.Cr4;
        }

        if (registers.Cr3 != present.Cr3)
        {
            _engine.Cr3 = registers.Cr3;
        }

        if (registers.Cr0 != present.Cr0)
        {
            _engine.Cr0 = registers.Cr0;
        }
    }
}
