using Lucos.Abi;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Tests.World;

/// <summary>A guest that is nothing but mapped bytes: cheap enough to try every step and thousands of garbage structures.</summary>
public sealed class FakeGuest : IGuest
{
    private readonly byte[] _buildId = [.. Enumerable.Range(1, 20).Select(i => (byte)i)];
    private readonly Dictionary<ulong, KernelFunction> _functions = [];
    private readonly List<GuestRegion> _regions = [];

    public ulong Blocks { get; set; } = 1000;

    public ulong Nanoseconds => Blocks * 10;

    public ReadOnlySpan<byte> KernelBuildId => _buildId;

    public ulong TextStart { get; set; }

    public ulong TextEnd { get; set; }

    public int CpuCount => Rips.Count;

    public List<ulong> Rips { get; } = [0xffffffff80103ff0];

    public long InvalidationTicks => 0;

    public int DoorbellRings { get; private set; }

    /// <summary>Every place that was written as code, in order.</summary>
    public List<ulong> CodeWrites { get; } = [];

    public GuestRegion Map(ulong start, int length, bool executable)
    {
        var region = new GuestRegion(start, new byte[length], executable);
        _regions.Add(region);
        return region;
    }

    public void Define(KernelFunction function) => _functions[function.Address] = function;

    public KernelFunction Function(string name) => _functions.Values.Single(function => function.Name == name);

    public bool TryFindFunction(ulong address, out KernelFunction found) => _functions.TryGetValue(address, out found);

    public bool TryRead(ulong address, Span<byte> buffer)
    {
        GuestRegion? region = Find(address, (ulong)buffer.Length);
        region?.At(address, buffer.Length).CopyTo(buffer);
        return region is not null;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> data)
    {
        GuestRegion? region = Find(address, (ulong)data.Length);
        if (region is null || region.Executable)
        {
            return false;
        }

        data.CopyTo(region.At(address, data.Length));
        return true;
    }

    public bool IsExecutable(ulong address, ulong length) => Find(address, length) is { Executable: true };

    public byte[] WriteCode(ulong address, ReadOnlySpan<byte> code)
    {
        Span<byte> place = Find(address, (ulong)code.Length)!.At(address, code.Length);
        byte[] old = place.ToArray();
        code.CopyTo(place);
        CodeWrites.Add(address);
        return old;
    }

    public ulong GetRip(int cpu) => Rips[cpu];

    public void SetRip(int cpu, ulong rip) => Rips[cpu] = rip;

    public void RingDoorbell() => DoorbellRings++;

    /// <summary>RAM begins here: physical and virtual addresses are told apart by it.</summary>
    public const ulong Ram = 1UL << 40;

    public IGuestListener Listener { get; private set; } = null!;

    /// <summary>Monitored pages, and whether stores there are stepped.</summary>
    public SortedDictionary<ulong, bool> Monitored { get; } = [];

    /// <summary>Pages whose loads are monitored.</summary>
    public IReadOnlyList<ulong> MonitoredLoads { get; private set; } = [];

    public (ulong Start, int Count) Stubs { get; private set; }

    /// <summary>Pages that the page tables are made of.</summary>
    public HashSet<ulong> PageTables { get; } = [];

    /// <summary>State-transfer functions by address.</summary>
    public Dictionary<ulong, TransferFunction> Transfers { get; } = [];

    /// <summary>Throws when a page is monitored or opened for this many times more.</summary>
    public int FailingMonitor { get; set; } = -1;

    public bool TryTranslate(ulong address, bool forWriting, out ulong physical)
    {
        GuestRegion? region = Find(address, 1);
        bool found = region is not null && !(forWriting && region.Executable);
        physical = found ? Ram + ((ulong)_regions.IndexOf(region!) << 24) + (address - region!.Start) : 0;
        return found;
    }

    public bool IsRam(ulong physicalPage) => Behind(physicalPage, (int)GuestLayout.PageSize, out _);

    public void ReadPhysical(ulong physical, Span<byte> buffer)
    {
        Behind(physical, buffer.Length, out Memory<byte> bytes);
        bytes.Span.CopyTo(buffer);
    }

    public void WritePhysical(ulong physical, ReadOnlySpan<byte> data)
    {
        Behind(physical, data.Length, out Memory<byte> bytes);
        data.CopyTo(bytes.Span);
    }

    public IReadOnlySet<ulong> FindPageTables() => PageTables;

    public void Listen(IGuestListener listener) => Listener = listener;

    public void Monitor(ReadOnlySpan<ulong> pages, bool stepped)
    {
        if (FailingMonitor-- == 0)
        {
            throw new InvalidOperationException("injected into monitoring");
        }

        foreach (ulong page in pages)
        {
            Assert.That(page % GuestLayout.PageSize == 0);
            Monitored[page] = stepped;
        }
    }

    public void Unmonitor(ReadOnlySpan<ulong> pages)
    {
        foreach (ulong page in pages)
        {
            Assert.That(Monitored.Remove(page));
        }
    }

    public void MonitorLoads(ReadOnlySpan<ulong> pages)
    {
        foreach (ulong page in pages)
        {
            Assert.That(page % GuestLayout.PageSize == 0);
        }

        MonitoredLoads = pages.ToArray();
    }

    public void WatchStubs(ulong start, int count) => Stubs = (start, count);

    /// <summary>Every transfer returns at once, and allocates nothing.</summary>
    public bool FixedTransfer { get; set; }

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
        if (FixedTransfer)
        {
            return TransferOutcome.Returned;
        }

        if (!Transfers.TryGetValue(transfer.Function, out TransferFunction? function))
        {
            return new TransferOutcome($"no code at 0x{transfer.Function:x}");
        }

        // Like compiled code, it leaves something on its stack.
        Poke(transfer.Stack + transfer.StackLength - 8, BitConverter.GetBytes(transfer.Source));
        return new TransferOutcome(function(new TransferMemory(this, transfer)));
    }

    /// <summary>A store of the guest's: it ends its block when the page is stepped, or when asked to.</summary>
    public void Store(ulong address, ReadOnlySpan<byte> data, bool endsBlock = true, int cpu = 0, ulong rip = 0x1234)
    {
        bool boundary = false;
        while (data.Length > 0)
        {
            int part = (int)Math.Min((ulong)data.Length, GuestLayout.PageSize - (address % GuestLayout.PageSize));
            Poke(address, data[..part]);
            Assert.That(TryTranslate(address, forWriting: true, out ulong physical));
            if (Monitored.TryGetValue(physical & ~(GuestLayout.PageSize - 1), out bool stepped))
            {
                _isDue |= Listener.OnStore(new GuestStore(cpu, rip, physical, part));
                boundary |= stepped;
            }

            data = data[part..];
            address += (ulong)part;
        }

        if (boundary || endsBlock)
        {
            EndBlock();
        }
    }

    public void Store(ulong address, uint value, bool endsBlock = true) => Store(address, BitConverter.GetBytes(value), endsBlock);

    /// <summary>A load of the guest's: its pages may be monitored, or it may reach from one that is not into one that is.</summary>
    public uint Load(ulong address, int size = sizeof(uint), bool endsBlock = true)
    {
        Assert.That(TryTranslate(address, forWriting: false, out ulong physical));
        bool crosses = (address % GuestLayout.PageSize) + (ulong)size > GuestLayout.PageSize;
        if (MonitoredLoads.Count > 0 && (crosses || MonitoredLoads.Contains(physical & ~(GuestLayout.PageSize - 1))))
        {
            _isDue |= Listener.OnLoad(physical, size);
        }

        uint value = Read32(address);
        if (endsBlock)
        {
            EndBlock();
        }

        return value;
    }

    public void EndBlock()
    {
        if (_isDue)
        {
            _isDue = false;
            Listener.AtBoundary();
        }
    }

    public uint Read32(ulong address) => BitConverter.ToUInt32(Read(address, 4));

    public ulong Read64(ulong address) => BitConverter.ToUInt64(Read(address, 8));

    private bool _isDue;

    private bool Behind(ulong physical, int length, out Memory<byte> bytes)
    {
        int index = (int)((physical - Ram) >> 24);
        int offset = (int)((physical - Ram) & 0xffffff);
        bool found = physical >= Ram && index < _regions.Count && offset + length <= _regions[index].Bytes.Length;
        bytes = found ? _regions[index].Bytes.AsMemory(offset, length) : default;
        return found;
    }

    public byte[] Read(ulong address, int length)
    {
        var bytes = new byte[length];
        return TryRead(address, bytes) ? bytes : throw new ArgumentException($"0x{address:x} is not mapped");
    }

    /// <summary>Writes as the guest itself or a loader would, protection or not.</summary>
    public void Poke(ulong address, ReadOnlySpan<byte> data) => data.CopyTo(Find(address, (ulong)data.Length)!.At(address, data.Length));

    /// <summary>All memory and all instruction pointers.</summary>
    public byte[] Snapshot()
    {
        using var all = new MemoryStream();
        _regions.ForEach(region => all.Write(region.Bytes));
        Rips.ForEach(rip => all.Write(BitConverter.GetBytes(rip)));
        return all.ToArray();
    }

    /// <summary>Whether every byte is as in a snapshot.</summary>
    public bool Is(byte[] snapshot) => Snapshot().AsSpan().SequenceEqual(snapshot);

    private GuestRegion? Find(ulong address, ulong length) => _regions.Find(region => region.Contains(address, length));
}
