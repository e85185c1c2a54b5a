using System.Runtime.CompilerServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// The processor's whole state, which can be read, changed and put back, also from inside a hook. It reaches what the library's
/// API does not: privilege level, error code, interrupt shadow, pending-exception state. A copy, or the state itself
/// (<see cref="IsLive"/>); whoever changes one calls <see cref="Save"/> before and <see cref="Restore"/> behind it, which is right for both.
/// </summary>
public sealed unsafe class CpuContext
{
    private const uint ArithmeticFlags = 0x8d5;
    private const uint DirectionFlag = 0x400;
    private const uint TrapFlag = 0x100;
    private const int CcOperationEflags = 1;
    private const int SegmentSize = 24;
    private const uint PrivilegeMask = 3;
    private const uint ShadowBit = 1 << 3;
    private const uint CodeSize32 = 1 << 4;
    private const uint StackSize32 = 1 << 5;
    private const uint AddSegment = 1 << 6;
    private const uint ProtectedMode = 1 << 7;
    private const uint LongMode = 1 << 14;
    private const uint CodeSize64 = 1 << 15;
    private const uint SupervisorAccessPrevention = 1 << 23;
    private const uint AlignmentCheckFlag = 1 << 18;
    private const ulong PagingBit = 1UL << 31;

    private readonly nint _engine;
    private readonly nint _blob;
    private readonly ContextLayout _layout;

    /// <summary>Makes a view of a context, or of the state itself.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="blob">The context; only the layout's offsets into it are touched.</param>
    /// <param name="layout">Where what lies.</param>
    /// <param name="state">Address of the state from <see cref="LiveState"/>, or 0.</param>
    internal CpuContext(nint engine, nint blob, ContextLayout layout, nint state = 0)
    {
        _engine = engine;
        IsLive = state != 0;
        _blob = IsLive ? state - layout.Base : blob;
        _layout = layout;
    }

    /// <summary>Whether this is the state itself: what is written acts at once, and nothing is copied.</summary>
    public bool IsLive { get; }

    /// <summary>Address of the general registers while <see cref="IsLive"/>; 0 otherwise.</summary>
    internal nint LiveRegisters => IsLive ? _blob + _layout.Base : 0;

    /// <summary>Instruction pointer.</summary>
    public ulong Rip
    {
        get => At<ulong>(_layout.Rip);
        set => At<ulong>(_layout.Rip) = value;
    }

    /// <summary>RFLAGS as of the last <see cref="Save"/>; writing it replaces the library's lazily computed flags.</summary>
    public uint Eflags
    {
        get => _eflags;
        set
        {
            _eflags = value;
            At<ulong>(_layout.CcSource) = value & ArithmeticFlags;
            At<int>(_layout.CcOperation) = CcOperationEflags;
            At<int>(_layout.Direction) = (value & DirectionFlag) != 0 ? -1 : 1;

            // While it runs, the library holds these flags aside; when a run begins it takes them from the register.
            At<ulong>(_layout.Eflags) = (IsRunning ? value & ~(ArithmeticFlags | DirectionFlag) : value) | 2;
        }
    }

    /// <summary>TF, right also in the middle of an instruction, where the lazily computed flags may not be.</summary>
    public bool IsSingleStepping => (At<ulong>(_layout.Eflags) & TrapFlag) != 0;

    private uint _eflags;

    /// <summary>Whether the engine is inside a run, which decides where the library looks for the flags.</summary>
    internal bool IsRunning { get; set; }

    /// <summary>Current privilege level, 0 to 3.</summary>
    public byte Cpl
    {
        get => (byte)(At<uint>(_layout.HiddenFlags) & PrivilegeMask);
        set => At<uint>(_layout.HiddenFlags) = (At<uint>(_layout.HiddenFlags) & ~PrivilegeMask) | (value & PrivilegeMask);
    }

    /// <summary>Whether interrupts are held back for one instruction, after STI or a load of SS.</summary>
    public bool InterruptShadow
    {
        get => (At<uint>(_layout.HiddenFlags) & ShadowBit) != 0;
        set => At<uint>(_layout.HiddenFlags) = (At<uint>(_layout.HiddenFlags) & ~ShadowBit) | (value ? ShadowBit : 0);
    }

    /// <summary>Error code of the exception that is being reported.</summary>
    public uint ErrorCode => At<uint>(_layout.ErrorCode);

    /// <summary>Whether the exception that is being reported comes from <c>INT n</c>.</summary>
    public bool IsSoftwareInterrupt => At<int>(_layout.ExceptionIsInterrupt) != 0;

    /// <summary>CR0.</summary>
    public ulong Cr0 => At<ulong>(_layout.Control);

    /// <summary>CR2, the address of the last page fault.</summary>
    public ulong Cr2
    {
        get => At<ulong>(_layout.Control + 16);
        set => At<ulong>(_layout.Control + 16) = value;
    }

    /// <summary>CR3, the page-table root. Written here, cached addresses have to be dropped by <see cref="Engine.FlushAddresses"/>.</summary>
    public ulong Cr3
    {
        get => At<ulong>(_layout.Control + 24);
        set => At<ulong>(_layout.Control + 24) = value;
    }

    /// <summary>CR4.</summary>
    public ulong Cr4 => At<ulong>(_layout.Control + 32);

    /// <summary>IA32_EFER.</summary>
    public ulong Efer => At<ulong>(_layout.Efer);

    /// <summary>IA32_STAR.</summary>
    public ulong Star => At<ulong>(_layout.Star);

    /// <summary>IA32_LSTAR.</summary>
    public ulong LongStar => At<ulong>(_layout.LongStar);

    /// <summary>IA32_FMASK.</summary>
    public ulong FlagMask => At<ulong>(_layout.FlagMask);

    /// <summary>IA32_KERNEL_GS_BASE.</summary>
    public ulong KernelGsBase => At<ulong>(_layout.KernelGsBase);

    /// <summary>Task register.</summary>
    public SegmentRegister Tr => ReadTable(_layout.Tr);

    /// <summary>Local descriptor table register.</summary>
    public SegmentRegister Ldt => ReadTable(_layout.Ldt);

    /// <summary>Global descriptor table register.</summary>
    public SegmentRegister Gdt => ReadTable(_layout.Gdt);

    /// <summary>Interrupt descriptor table register.</summary>
    public SegmentRegister Idt => ReadTable(_layout.Idt);

    /// <summary>General register <paramref name="index"/>: rax rcx rdx rbx rsp rbp rsi rdi r8..r15.</summary>
    public ulong this[int index]
    {
        get => At<ulong>(_layout.Base + (Checked(index) * 8));
        set => At<ulong>(_layout.Base + (Checked(index) * 8)) = value;
    }

    /// <summary>Takes the processor's state into this copy.</summary>
    public void Save()
    {
        if (!IsLive)
        {
            UnicornException.ThrowIfFailed(UnicornApi.uc_context_save(_engine, _blob), "uc_context_save");
        }

        ulong flags = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(_engine, UcRegister.Eflags, &flags), "uc_reg_read");
        _eflags = (uint)flags;
    }

    /// <summary>Puts this copy into the processor.</summary>
    public void Restore()
    {
        if (!IsLive)
        {
            UnicornException.ThrowIfFailed(UnicornApi.uc_context_restore(_engine, _blob), "uc_context_restore");
        }
    }

    /// <summary>Forgets the exception in progress: the library never does, and would read the next one as a double fault.</summary>
    public void ClearPendingException() => At<int>(_layout.OldException) = -1;

    /// <summary>Reads a segment register.</summary>
    public SegmentRegister Segment(SegmentIndex index) => ReadTable(_layout.Segments + ((int)index * SegmentSize));

    /// <summary>Writes a segment register; a write to CS in long mode sets the code size with it.</summary>
    public void SetSegment(SegmentIndex index, SegmentRegister value)
    {
        int at = _layout.Segments + ((int)index * SegmentSize);
        At<uint>(at) = value.Selector;
        At<ulong>(at + 8) = value.Base;
        At<uint>(at + 16) = value.Limit;
        At<uint>(at + 20) = value.Flags;
        if (index == SegmentIndex.Cs)
        {
            SetCodeSize(value.Flags);
        }
    }

    /// <summary>Clears the hidden flags of protected and long mode; load the segments after it.</summary>
    public void SetRealMode() =>
        At<uint>(_layout.HiddenFlags) &= ~(ProtectedMode | LongMode | CodeSize32 | CodeSize64 | StackSize32 | AddSegment);

    // Paging off, and supervisor access prevention on: see Engine.DropTranslations.
    internal void UseUntranslatedAddresses()
    {
        At<ulong>(_layout.Control) &= ~PagingBit;
        At<uint>(_layout.HiddenFlags) = (At<uint>(_layout.HiddenFlags) & ~PrivilegeMask) | SupervisorAccessPrevention;
        Eflags &= ~AlignmentCheckFlag;
    }

    private static int Checked(int index) =>
        (uint)index < 16 ? index : throw new ArgumentOutOfRangeException(nameof(index), index, "general registers are 0 to 15");

    // Mirrors what a load of CS does to the hidden flags in long mode: a 64-bit code segment makes base and stack size irrelevant.
    private void SetCodeSize(uint descriptorFlags)
    {
        const uint longBit = 1 << 21;
        const uint bigBit = 1 << 22;
        uint hidden = At<uint>(_layout.HiddenFlags) & ~(CodeSize32 | CodeSize64 | StackSize32 | AddSegment);
        if ((hidden & ProtectedMode) == 0)
        {
            At<uint>(_layout.HiddenFlags) = hidden | AddSegment;
            return;
        }

        hidden |= (descriptorFlags & longBit) != 0
            ? CodeSize64 | CodeSize32 | StackSize32
            : ((descriptorFlags & bigBit) != 0 ? CodeSize32 : 0) | StackSize32 | AddSegment;
        At<uint>(_layout.HiddenFlags) = hidden;
    }

    private SegmentRegister ReadTable(int at) =>
        new((ushort)At<uint>(at), At<ulong>(at + 8), At<uint>(at + 16), At<uint>(at + 20));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T At<T>(int offset)
        where T : unmanaged => ref *(T*)((byte*)_blob + offset);
}
