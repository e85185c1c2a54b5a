using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Counts executed blocks and their code bytes in machine code, and calls into managed code only when the countdown has run out: blocks count by
/// themselves (<see cref="InlineCounting"/>), or call a few bytes of machine code as the block hook. A managed callback per block would cost 4-15 ns
/// a block. Several engines may share a meter, if only one of them runs at a time.
/// </summary>
public sealed unsafe class ExecutionMeter : IDisposable
{
    private const nuint PageSize = 4096;
    private const ulong ProcessorSalt = 0xd6e8_feb8_6659_fd93;
    private readonly MeterCells* _cells;
    private readonly nint _mapped;
    private readonly NativeCode? _trailCode;
    private MeterCode? _code;
    private int _released;

    /// <summary>Makes a meter whose countdown is 0: the first block calls into managed code.</summary>
    /// <param name="trail">Takes a digest of each block, which costs more than counting it; null for none. It must outlive the meter.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public ExecutionMeter(BlockTrail? trail = null)
    {
        Trail = trail;
        // Rewritten blocks name the cells by an address of 32 bits. Where there is none left, blocks call the hook.
        _mapped = LinuxApi.mmap(
            0,
            PageSize,
            LinuxApi.ProtRead | LinuxApi.ProtWrite,
            LinuxApi.MapPrivate | LinuxApi.MapAnonymous | LinuxApi.MapBelow2GiB,
            -1,
            0);
        _cells = (MeterCells*)(IsLow ? _mapped : (nint)NativeMemory.AlignedAlloc((nuint)sizeof(MeterCells), 64));
        *_cells = default;
        delegate* unmanaged[Cdecl]<nint, ulong, uint, MeterCells*, void> refill = &Refill;
        _cells->Slow = refill;
        if (trail is not null)
        {
            _trailCode = new NativeCode(BlockTrail.Stub());
            _cells->Own = trail.Own;
            _cells->Expected = trail.Expected;
        }
    }

    internal ExecutionMeter(BlockHeadFacts facts, void* rewrite, nint note)
        : this()
    {
        _cells->Note = note;
        Prepare(facts, rewrite);
    }

    /// <summary>Releases the native memory when the owner forgot to.</summary>
    ~ExecutionMeter() => Release();

    /// <summary>Code bytes that may still run before managed code is called; negative when it has run out.</summary>
    public long Countdown
    {
        get => _cells->Countdown;
        set => _cells->Countdown = value;
    }

    /// <summary>Blocks begun so far, including one that is about to run.</summary>
    public ulong Blocks
    {
        get => _cells->Blocks;
        set => _cells->Blocks = value;
    }

    /// <summary>Blocks that were rewritten to count by themselves, each time that they were translated (see <see cref="InlineCounting"/>).</summary>
    public int InlineBlocks => _cells->Rewritten;

    /// <summary>What takes the digests, or null.</summary>
    public BlockTrail? Trail { get; }

    internal nint UserData => (nint)_cells;

    // Whether blocks can name the cells, and are known well enough to be rewritten.
    internal bool CanCountInline => Trail is null && IsLow && InlineCounting.Facts is not null;

    private bool IsLow => _mapped != LinuxApi.MapFailed && (ulong)_mapped < int.MaxValue;

    private MeterCode Code
    {
        get
        {
            if (_code is null)
            {
                Prepare(default, null);
            }

            return _code!;
        }
    }

    /// <summary>Has the digests of some blocks compared; an empty span ends that. Blocks that are not among them may call managed code, or not.</summary>
    /// <param name="first">Number of the first block.</param>
    /// <param name="digests">What is expected, at most <see cref="BlockTrail.Capacity"/>.</param>
    public void Expect(ulong first, ReadOnlySpan<ushort> digests)
    {
        BlockTrail trail = Trail ?? throw new InvalidOperationException("no-trail: this meter takes no digests");
        trail.SetExpected(first, digests);
        _cells->Expected = trail.Expected;
    }

    /// <summary>
    /// Address behind the last byte of the block that was begun last, in an engine that may stop in the middle of blocks: one that has a breakpoint,
    /// reports instructions, or may refuse stores. Nobody else needs it, and it is not kept for them.
    /// </summary>
    /// <param name="address">An address in that block.</param>
    public ulong BlockEnd(ulong address) => address + (_cells->BlockEnd - (uint)address);

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
        MeterCells* at = (MeterCells*)cells;
        if (at->Interrupted == 0)
        {
            at->Interrupted = far;
            at->Packed -= far;
        }
    }

    /// <summary>Has the next block call managed code whatever the countdown says, which reads as before.</summary>
    public void CallAtNextBlock() => Interrupt(UserData);

    /// <summary>Takes <see cref="CallAtNextBlock"/> back.</summary>
    public void EndInterrupt()
    {
        _cells->Packed += _cells->Interrupted;
        _cells->Interrupted = 0;
    }

    // For whoever only counts.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Refill(nint engine, ulong address, uint size, MeterCells* cells) => _ = cells->IsDue();

    // Whether a block that called is to be reported: the countdown may have been handed out in parts.
    internal static bool IsDue(nint cells) => ((MeterCells*)cells)->IsDue();

    internal static nint UserOf(nint cells) => ((MeterCells*)cells)->User;

    internal void Connect(void* slow) => _cells->Slow = slow;

    // Engines that share a meter run one at a time: the one that runs gets the calls.
    internal void Select(nint user, nint engine, bool keepsBlockEnd)
    {
        _cells->User = user;
        _cells->Engine = engine;
        _cells->KeepsBlockEnd = keepsBlockEnd;
    }

    // Whose registers go into the digests from now on.
    internal void SelectTrail(nint registers, int processor)
    {
        _cells->Registers = registers;
        _cells->Salt = (ulong)processor * ProcessorSalt;
    }

    /// <summary>The block hook for an engine, whose data is <see cref="UserData"/>; for all engines of a meter it must be the same one.</summary>
    /// <param name="inline">Whether blocks are rewritten to count by themselves.</param>
    internal void* Callback(bool inline)
    {
        if (_trailCode is not null)
        {
            return _trailCode.Pointer;
        }

        if (inline && _code is null && IsLow && InlineCounting.Facts is { } facts)
        {
            Prepare(facts, InlineCounting.RewriteFunction);
        }

        return inline && _cells->Rewrite != null ? Code.RewritingHook : Code.Counting;
    }

    // A hook that has each block leave out what comes before its first instruction.
    internal void* SkippingCallback()
    {
        Prepare(InlineCounting.Facts!.Value, InlineCounting.SkipFunction);
        return Code.RewritingHook;
    }

    private void Prepare(BlockHeadFacts facts, void* rewrite)
    {
        _code = new MeterCode(facts);
        _cells->Facts = facts;
        _cells->Rewrite = rewrite;
        _cells->Late = _code.Late;
        _cells->Hook = _code.RewritingHook;
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return;
        }

        _code?.Dispose();
        _trailCode?.Dispose();
        if (!IsLow)
        {
            NativeMemory.AlignedFree(_cells);
        }

        if (_mapped != LinuxApi.MapFailed)
        {
            _ = LinuxApi.munmap(_mapped, PageSize);
        }
    }
}
