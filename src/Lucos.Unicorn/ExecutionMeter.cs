using System.Runtime.InteropServices;

namespace Lucos.Unicorn;

/// <summary>
/// Counts executed blocks and their code bytes with a few bytes of machine code as the block hook, and calls into managed code only
/// when the countdown has run out. A managed callback per block would cost 4-15 ns a block; this costs 0.2-4 ns. Several engines may
/// share a meter, if only one of them runs at a time.
/// </summary>
public sealed unsafe class ExecutionMeter : IDisposable
{
    // void stub(uc_engine* rdi, uint64_t address rsi, uint32_t size edx, struct {i64 countdown; void* slow; u64 blocks; void* user; ...}* rcx)
    // inc qword [rcx+16]; mov edx,edx; lea rax,[rsi+rdx]; mov [rcx+40],rax; sub [rcx],rdx; js slow; ret; slow: jmp [rcx+8]
    private static ReadOnlySpan<byte> Stub =>
    [
        0x48, 0xff, 0x41, 0x10,
        0x89, 0xd2,
        0x48, 0x8d, 0x04, 0x16,
        0x48, 0x89, 0x41, 0x28,
        0x48, 0x29, 0x11,
        0x78, 0x01,
        0xc3,
        0xff, 0x61, 0x08,
    ];

    private const int ReturnAt = 19;
    private const ulong ProcessorSalt = 0xd6e8_feb8_6659_fd93;
    private readonly Cells* _cells;
    private readonly NativeCode _code;
    private int _released;

    /// <summary>Makes a meter whose countdown is 0: the first block calls into managed code.</summary>
    /// <param name="trail">Takes a digest of each block, which costs more than counting it; null for none. It must outlive the meter.</param>
    public ExecutionMeter(BlockTrail? trail = null)
    {
        Trail = trail;
        _code = new NativeCode(trail is null ? Stub : BlockTrail.Stub());
        _cells = (Cells*)NativeMemory.AlignedAlloc((nuint)sizeof(Cells), 64);
        *_cells = default;
        if (trail is not null)
        {
            _cells->Own = trail.Own;
            _cells->Expected = trail.Expected;
        }
    }

    /// <summary>Releases the native cells when the owner forgot to.</summary>
    ~ExecutionMeter() => Release();

    /// <summary>Code bytes that may still run before managed code is called; negative when it has run out.</summary>
    public long Countdown
    {
        get => _cells->Countdown + _cells->Interrupted;
        set => _cells->Countdown = value - _cells->Interrupted;
    }

    /// <summary>Blocks begun so far, including one that is about to run.</summary>
    public ulong Blocks
    {
        get => _cells->Blocks;
        set => _cells->Blocks = value;
    }

    /// <summary>Address behind the last byte of the block that was begun last.</summary>
    public ulong BlockEnd => _cells->BlockEnd;

    /// <summary>What takes the digests, or null.</summary>
    public BlockTrail? Trail { get; }

    /// <summary>Has the digests of some blocks compared; an empty span ends that. Blocks that are not among them may call managed code, or not.</summary>
    /// <param name="first">Number of the first block.</param>
    /// <param name="digests">What is expected, at most <see cref="BlockTrail.Capacity"/>.</param>
    public void Expect(ulong first, ReadOnlySpan<ushort> digests)
    {
        BlockTrail trail = Trail ?? throw new InvalidOperationException("no-trail: this meter takes no digests");
        trail.SetExpected(first, digests);
        _cells->Expected = trail.Expected;
    }

    internal void* Callback => _code.Pointer;

    // A hook that does nothing: what the library's call costs alone.
    internal void* EmptyCallback => (byte*)_code.Pointer + ReturnAt;

    internal nint UserData => (nint)_cells;

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    // Has the next block call managed code whatever the countdown says, which reads as before. StoreFaults does the same.
    internal static void Interrupt(nint cells)
    {
        const long far = 1L << 62;
        Cells* at = (Cells*)cells;
        if (at->Interrupted == 0)
        {
            at->Interrupted = far;
            at->Countdown -= far;
        }
    }

    /// <summary>Has the next block call managed code whatever the countdown says, which reads as before.</summary>
    public void CallAtNextBlock() => Interrupt(UserData);

    /// <summary>Takes <see cref="CallAtNextBlock"/> back.</summary>
    public void EndInterrupt()
    {
        _cells->Countdown += _cells->Interrupted;
        _cells->Interrupted = 0;
    }

    internal static nint UserOf(nint cells) => ((Cells*)cells)->User;

    internal void Connect(void* slow) => _cells->Slow = slow;

    // Engines that share a meter run one at a time: the one that runs gets the calls.
    internal void Select(nint user) => _cells->User = user;

    // Whose registers go into the digests from now on.
    internal void SelectTrail(nint registers, int processor)
    {
        _cells->Registers = registers;
        _cells->Salt = (ulong)processor * ProcessorSalt;
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            _code.Dispose();
            NativeMemory.AlignedFree(_cells);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Cells
    {
        internal long Countdown;
        internal void* Slow;
        internal ulong Blocks;
        internal nint User;
        internal long Interrupted;
        internal ulong BlockEnd;

        // The rest is the trail's.
        internal nint Registers;
        internal nint Own;
        internal nint Expected;
        internal ulong Salt;
    }
}
