using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Tests.World;

/// <summary>A guest that is nothing but mapped bytes: cheap enough to try every step and thousands of garbage structures.</summary>
public sealed class FakeGuest : IGuest
{
    private readonly byte[] _buildId = [.. Enumerable.Range(1, 20).Select(i => (byte)i)];
    private readonly Dictionary<ulong, KernelFunction> _functions = [];
    private readonly List<GuestRegion> _regions = [];

    public ulong Blocks { get; set; } = 1000;

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
