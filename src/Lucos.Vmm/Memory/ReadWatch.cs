using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Memory;

/// <summary>
/// Watches loads from physical memory, for debuggers. All code and all its loads are much slower while something is watched; nothing costs
/// anything before and after. Loads by the host are not seen.
/// </summary>
public sealed class ReadWatch
{
    private readonly GuestMemory _memory;
    private readonly IReadOnlyList<Vcpu> _vcpus;
    private readonly List<(GuestPhysicalAddress Address, int Length, IReadListener Listener)> _ranges = [];

    internal ReadWatch(GuestMemory memory, IReadOnlyList<Vcpu> vcpus)
    {
        _memory = memory;
        _vcpus = vcpus;
    }

    /// <summary>Watched ranges.</summary>
    public int Count => _ranges.Count;

    /// <summary>Watches a range. Not to be called while the machine runs.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not in RAM.</exception>
    public void Add(GuestPhysicalAddress address, int length, IReadListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        if (!_memory.Contains(address, (ulong)length))
        {
            throw new ArgumentOutOfRangeException(nameof(address), $"{length} bytes at {address} are not in RAM");
        }

        bool isWatched = IsWatched(address, length);
        _ranges.Add((address, length, listener));
        foreach (Vcpu vcpu in _vcpus)
        {
            vcpu.CountExactStops(1);
            if (!isWatched)
            {
                vcpu.Backend.WatchLoads(address, length, true);
            }
        }
    }

    /// <summary>Ends all watches of a listener; none is no error.</summary>
    public void Remove(IReadListener listener)
    {
        foreach ((GuestPhysicalAddress Address, int Length, IReadListener Listener) range in _ranges.FindAll(r => r.Listener == listener))
        {
            _ranges.Remove(range);
            bool isWatched = IsWatched(range.Address, range.Length);
            foreach (Vcpu vcpu in _vcpus)
            {
                if (!isWatched)
                {
                    vcpu.Backend.WatchLoads(range.Address, range.Length, false);
                }

                vcpu.CountExactStops(-1);
            }
        }
    }

    internal bool Notify(GuestPhysicalAddress address, int size)
    {
        bool leave = false;
        foreach ((GuestPhysicalAddress start, int length, IReadListener listener) in _ranges)
        {
            if (address.Value < start.Value + (ulong)length && start.Value < address.Value + (ulong)size)
            {
                leave |= listener.OnLoad(address, size);
            }
        }

        return leave;
    }

    private bool IsWatched(GuestPhysicalAddress address, int length) => _ranges.Exists(r => r.Address == address && r.Length == length);
}
