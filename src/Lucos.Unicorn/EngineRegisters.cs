using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>Registers one by one, where a whole context would be too much or has side effects that only the library knows.</summary>
public sealed unsafe partial class Engine
{
    /// <summary>RFLAGS, computed from the library's lazy flags; to be written between runs only.</summary>
    public uint Eflags
    {
        get => (uint)Read(UcRegister.Eflags);
        set => Write(UcRegister.Eflags, value);
    }

    /// <summary>Instruction pointer, exact inside callbacks; to be written between runs only.</summary>
    public ulong Rip
    {
        get => Read(UcRegister.Rip);
        set => Write(UcRegister.Rip, value);
    }

    /// <summary>Stack pointer.</summary>
    public ulong Rsp => Read(UcRegister.Rsp);

    /// <summary>CS selector; its low two bits are the privilege level.</summary>
    public ushort CsSelector => (ushort)Read(UcRegister.Cs);

    /// <summary>RAX, RBX, RCX, RDX for CPUID and RDTSC.</summary>
    public ulong Rax
    {
        get => Read(UcRegister.Rax);
        set => Write(UcRegister.Rax, value);
    }

    /// <summary>RBX.</summary>
    public ulong Rbx
    {
        get => Read(UcRegister.Rbx);
        set => Write(UcRegister.Rbx, value);
    }

    /// <summary>RCX.</summary>
    public ulong Rcx
    {
        get => Read(UcRegister.Rcx);
        set => Write(UcRegister.Rcx, value);
    }

    /// <summary>RDX.</summary>
    public ulong Rdx
    {
        get => Read(UcRegister.Rdx);
        set => Write(UcRegister.Rdx, value);
    }

    /// <summary>CR0; a write switches paging with all its consequences.</summary>
    public ulong Cr0
    {
        get => Read(UcRegister.Cr0);
        set => Write(UcRegister.Cr0, value);
    }

    /// <summary>CR3; a write drops cached address translations.</summary>
    public ulong Cr3
    {
        get => Read(UcRegister.Cr3);
        set => Write(UcRegister.Cr3, value);
    }

    /// <summary>CR4.</summary>
    public ulong Cr4
    {
        get => Read(UcRegister.Cr4);
        set => Write(UcRegister.Cr4, value);
    }

    /// <summary>DR6, the debug status.</summary>
    public ulong Dr6
    {
        get => Read(UcRegister.Dr6);
        set => Write(UcRegister.Dr6, value);
    }

    /// <summary>Reads a model-specific register.</summary>
    public ulong ReadMsr(uint index)
    {
        UcMsr msr = new() { Id = index };
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(_handle.Pointer, UcRegister.Msr, &msr), "uc_reg_read(MSR)");
        return msr.Value;
    }

    /// <summary>Writes a model-specific register.</summary>
    public void WriteMsr(uint index, ulong value)
    {
        UcMsr msr = new() { Id = index, Value = value };
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, UcRegister.Msr, &msr), "uc_reg_write(MSR)");
    }

    /// <summary>Sets the global descriptor table register.</summary>
    public void SetGdt(ulong address, uint limit) => WriteTable(UcRegister.Gdtr, new UcTableRegister { Base = address, Limit = limit });

    /// <summary>Sets the interrupt descriptor table register.</summary>
    public void SetIdt(ulong address, uint limit) => WriteTable(UcRegister.Idtr, new UcTableRegister { Base = address, Limit = limit });

    /// <summary>Sets the task register.</summary>
    public void SetTr(SegmentRegister value) =>
        WriteTable(UcRegister.Tr, new UcTableRegister { Selector = value.Selector, Base = value.Base, Limit = value.Limit, Flags = value.Flags });

    private ulong Read(UcRegister register)
    {
        ulong value = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(_handle.Pointer, register, &value), "uc_reg_read");
        return value;
    }

    private void Write(UcRegister register, ulong value) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, register, &value), "uc_reg_write");

    private void WriteTable(UcRegister register, UcTableRegister value) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, register, &value), "uc_reg_write(table)");
}
