using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.WarmUp;

/// <summary>A guest of three mapped ranges of bytes: one function, memory for structures and data, and a module whose code copies eight bytes.</summary>
internal sealed class PlainGuest : IGuest
{
    public const ulong Text = 0xffffffff80100000;
    public const ulong Heap = 0xffffc90000000000;
    public const ulong Module = 0xffffffffa0000000;

    /// <summary>First of the return stubs.</summary>
    public const ulong Stubs = Module + 0xc00;

    /// <summary>Bytes of them.</summary>
    public const int StubBytes = 64;

    private const int RangeSize = 0x1000;
    private const int HeapSize = 5 * RangeSize;

    // push rbp; mov rbp, rsp; push rbx; mov rax, [rdi]; pop rbx; pop rbp; ret
    private static readonly byte[] s_function = [0x55, 0x48, 0x89, 0xe5, 0x53, 0x48, 0x8b, 0x07, 0x5b, 0x5d, 0xc3];

    private readonly byte[] _buildId = new byte[20];
    private readonly byte[] _text = new byte[RangeSize];
    private readonly byte[] _heap = new byte[HeapSize];
    private readonly byte[] _module = new byte[RangeSize];

    public PlainGuest()
    {
        s_function.CopyTo(_text, 0);
        s_function.CopyTo(_module, 0);
        _module.AsSpan((int)(Stubs - Module), StubBytes).Fill(0xcc);
    }

    public static ReadOnlySpan<byte> Function => s_function;

    /// <summary>Who hears of stores and returns.</summary>
    public IGuestListener? Listener { get; private set; }

    public ulong Blocks => 1;

    public ulong Nanoseconds => 1;

    public ReadOnlySpan<byte> KernelBuildId => _buildId;

    public ulong TextStart => Text;

    public ulong TextEnd => Text + RangeSize;

    public int CpuCount => 1;

    public long InvalidationTicks => 0;

    public bool TryFindFunction(ulong address, out KernelFunction found)
    {
        found = new KernelFunction("f", Text, (uint)s_function.Length, RangeSize);
        return address == Text;
    }

    public bool TryRead(ulong address, Span<byte> buffer)
    {
        bool mapped = TryFind(address, buffer.Length, out Span<byte> range);
        if (mapped)
        {
            range.CopyTo(buffer);
        }

        return mapped;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> data) => Write(address, data);

    public bool IsExecutable(ulong address, ulong length) => address >= Text && TryFind(address, (int)length, out _);

    public byte[] WriteCode(ulong address, ReadOnlySpan<byte> code)
    {
        var old = new byte[code.Length];
        TryRead(address, old);
        Write(address, code);
        return old;
    }

    public ulong GetRip(int cpu) => Heap;

    public void SetRip(int cpu, ulong rip)
    {
    }

    public void RingDoorbell()
    {
    }

    public bool TryTranslate(ulong address, bool forWriting, out ulong physical)
    {
        physical = address;
        return TryFind(address, 1, out _);
    }

    public bool IsRam(ulong physicalPage) => TryFind(physicalPage, 1, out _);

    public void ReadPhysical(ulong physical, Span<byte> buffer) => TryRead(physical, buffer);

    public void WritePhysical(ulong physical, ReadOnlySpan<byte> data) => Write(physical, data);

    public IReadOnlySet<ulong> FindPageTables() => new HashSet<ulong>();

    public void Listen(IGuestListener listener) => Listener = listener;

    public void Monitor(ReadOnlySpan<ulong> pages, bool stepped)
    {
    }

    public void Unmonitor(ReadOnlySpan<ulong> pages)
    {
    }

    public void MonitorLoads(ReadOnlySpan<ulong> pages)
    {
    }

    public void WatchStubs(ulong start, int count)
    {
    }

    public void EnterCurrent()
    {
    }

    public void BeginTransfers()
    {
    }

    public void EndTransfers()
    {
    }

    public TransferOutcome Transfer(in TransferCall transfer)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        TryRead(transfer.Source, value);
        Write(transfer.Target, value);
        return transfer.Allows(transfer.Target, sizeof(ulong)) ? TransferOutcome.Returned : new TransferOutcome("stored elsewhere");
    }

    private bool Write(ulong address, ReadOnlySpan<byte> data)
    {
        bool mapped = TryFind(address, data.Length, out Span<byte> range);
        if (mapped)
        {
            data.CopyTo(range);
        }

        return mapped;
    }

    private bool TryFind(ulong address, int length, out Span<byte> range)
    {
        byte[] bytes = address >= Module ? _module : address >= Text ? _text : _heap;
        ulong offset = address & ~0xffffUL;
        int start = (int)(address & 0xffff);
        bool mapped = offset is Text or Heap or Module && start + length <= bytes.Length;
        range = mapped ? bytes.AsSpan(start, length) : default;
        return mapped;
    }
}
