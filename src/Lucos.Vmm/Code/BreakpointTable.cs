using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Code;

/// <summary>
/// Addresses at which <see cref="Machine.Run"/> stops, before the instruction there. Code elsewhere runs as fast as without them.
/// Nested: an address added twice must be removed twice. Only while the machine stands still.
/// </summary>
public sealed class BreakpointTable
{
    private readonly Dictionary<GuestVirtualAddress, int> _counts = [];
    private readonly IReadOnlyList<Vcpu> _vcpus;

    internal BreakpointTable(IReadOnlyList<Vcpu> vcpus) => _vcpus = vcpus;

    /// <summary>Addresses with a breakpoint.</summary>
    public IReadOnlyCollection<GuestVirtualAddress> Addresses => _counts.Keys;

    /// <summary>Adds one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The address is not canonical.</exception>
    public void Add(GuestVirtualAddress address)
    {
        if (!address.IsCanonical)
        {
            throw new ArgumentOutOfRangeException(nameof(address), $"{address} is not canonical");
        }

        _counts[address] = _counts.GetValueOrDefault(address) + 1;
        if (_counts[address] == 1)
        {
            SetAll(address, true);
        }
    }

    /// <summary>Removes one. Returns whether there was one.</summary>
    public bool Remove(GuestVirtualAddress address)
    {
        if (!_counts.TryGetValue(address, out int count))
        {
            return false;
        }

        if (count > 1)
        {
            _counts[address] = count - 1;
            return true;
        }

        _counts.Remove(address);
        SetAll(address, false);
        return true;
    }

    private void SetAll(GuestVirtualAddress address, bool enabled)
    {
        foreach (Vcpu vcpu in _vcpus)
        {
            vcpu.Backend.SetBreakpoint(address, enabled);
        }
    }
}
