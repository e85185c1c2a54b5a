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
        get => Context.IsLive ? Context.Rip : Read(UcRegister.Rip);
        set => Write(UcRegister.Rip, value);
    }

    /// <summary>Stack pointer.</summary>
    public ulong Rsp => ReadGeneral(4, UcRegister.Rsp);

    /// <summary>Current privilege level, 0 to 3.</summary>
    public byte Cpl => Context.IsLive ? Context.Cpl : (byte)(Read(UcRegister.Cs) & 3);

    /// <summary>RAX, RBX, RCX, RDX for CPUID and RDTSC.</summary>
    public ulong Rax
    {
        get => ReadGeneral(0, UcRegister.Rax);
        set => WriteGeneral(0, UcRegister.Rax, value);
    }

    /// <summary>RBX.</summary>
    public ulong Rbx
    {
        get => ReadGeneral(3, UcRegister.Rbx);
        set => WriteGeneral(3, UcRegister.Rbx, value);
    }

    /// <summary>RCX.</summary>
    public ulong Rcx
    {
        get => ReadGeneral(1, UcRegister.Rcx);
        set => WriteGeneral(1, UcRegister.Rcx, value);
    }

    /// <summary>RDX.</summary>
    public ulong Rdx
    {
        get => ReadGeneral(2, UcRegister.Rdx);
        set => WriteGeneral(2, UcRegister.Rdx, value);
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
        get => Context.IsLive ? Context.Cr3 : Read(UcRegister.Cr3);
        set => Write(UcRegister.Cr3, value);
    }

    /// <summary>CR4.</summary>
    public ulong Cr4
    {
        get => Read(UcRegister.Cr4);
        set => Write(UcRegister.Cr4, value);
    }

    /// <summary>The x87 control word.</summary>
    public ushort FloatControlWord
    {
        get => (ushort)Read(UcRegister.FloatControlWord);
        set => Write(UcRegister.FloatControlWord, value);
    }

    /// <summary>The x87 status word.</summary>
    public ushort FloatStatusWord => (ushort)Read(UcRegister.FloatStatusWord);

    /// <summary>The x87 tag word.</summary>
    public ushort FloatTagWord => (ushort)Read(UcRegister.FloatTagWord);

    /// <summary>MXCSR.</summary>
    public uint Mxcsr => (uint)Read(UcRegister.Mxcsr);

    /// <summary>DR6, the debug status.</summary>
    public ulong Dr6
    {
        get => Read(UcRegister.Dr6);
        set => Write(UcRegister.Dr6, value);
    }

    /// <summary>Reads ST(<paramref name="index"/>), ten bytes.</summary>
    public void ReadX87(int index, Span<byte> value) => ReadBytes(UcRegister.St0 + index, value);

    /// <summary>Writes ST(<paramref name="index"/>), ten bytes.</summary>
    public void WriteX87(int index, ReadOnlySpan<byte> value) => WriteBytes(UcRegister.St0 + index, value);

    /// <summary>Reads XMM<paramref name="index"/>, sixteen bytes.</summary>
    public void ReadVector(int index, Span<byte> value) => ReadBytes(UcRegister.Xmm0 + index, value);

    /// <summary>Writes XMM<paramref name="index"/>, sixteen bytes.</summary>
    public void WriteVector(int index, ReadOnlySpan<byte> value) => WriteBytes(UcRegister.Xmm0 + index, value);

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

    private ulong ReadGeneral(int index, UcRegister register) => Context.IsLive ? Context[index] : Read(register);

    private void WriteGeneral(int index, UcRegister register, ulong value)
    {
        if (Context.IsLive)
        {
            Context[index] = value;
        }
        else
        {
            Write(register, value);
        }
    }

    private ulong Read(UcRegister register)
    {
        ulong value = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(_handle.Pointer, register, &value), "uc_reg_read");
        return value;
    }

    private void Write(UcRegister register, ulong value) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, register, &value), "uc_reg_write");

    // The library copies as many bytes as the register has, up to sixteen.
    private void ReadBytes(UcRegister register, Span<byte> value)
    {
        byte* bytes = stackalloc byte[16];
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(_handle.Pointer, register, bytes), "uc_reg_read");
        new ReadOnlySpan<byte>(bytes, value.Length).CopyTo(value);
    }

    private void WriteBytes(UcRegister register, ReadOnlySpan<byte> value)
    {
        byte* bytes = stackalloc byte[16];
        value.CopyTo(new Span<byte>(bytes, 16));
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, register, bytes), "uc_reg_write");
    }

    private void WriteTable(UcRegister register, UcTableRegister value) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, register, &value), "uc_reg_write(table)");
}
