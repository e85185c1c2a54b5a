using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Code;

/// <summary>
/// Addresses that are put on guest stacks in the place of return addresses. A stub is <see cref="StubSize"/> bytes that begin with
/// <see cref="StubCode"/>, a breakpoint instruction, which in these ranges is not the guest's: the listener is called instead. So a stub costs
/// nothing until it is met, and any number may be alive. Not part of a machine's state: the owner adds them again after a restore.
/// </summary>
public sealed class ReturnStubs
{
    /// <summary>Bytes of a stub.</summary>
    public const int StubSize = 16;

    /// <summary>What a stub begins with: INT3.</summary>
    public const byte StubCode = 0xcc;

    private readonly GuestMemory _memory;
    private readonly IReadOnlyList<Vcpu> _vcpus;
    private readonly List<StubRange> _ranges = [];

    internal ReturnStubs(GuestMemory memory, IReadOnlyList<Vcpu> vcpus)
    {
        _memory = memory;
        _vcpus = vcpus;
    }

    /// <summary>Makes stubs of a range of guest code. Between runs, in handlers and at boundaries only.</summary>
    /// <param name="cr3">Root of page tables in which the range is mapped; it must be at this place in all in which a thread returns to it.</param>
    /// <param name="start">Address of stub 0, a multiple of <see cref="StubSize"/>.</param>
    /// <param name="count">Number of stubs.</param>
    /// <param name="listener">Is told of returns.</param>
    /// <exception cref="ArgumentException">
    /// The range is not aligned, is not executable, overlaps another, or a stub of it does not begin with <see cref="StubCode"/>.
    /// </exception>
    public void Add(ulong cr3, GuestVirtualAddress start, int count, IReturnStubListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        StubRange range = new(start.Value, count, listener);
        if (start.Value % StubSize != 0)
        {
            throw new ArgumentException($"stub-range: {start} is no multiple of {StubSize}", nameof(start));
        }

        if (_ranges.Exists(other => other.Start < range.End && range.Start < other.End))
        {
            throw new ArgumentException($"stub-range: there are stubs at {start} already", nameof(start));
        }

        AddressSpaceWalker walker = new(_memory);
        for (ulong at = range.Start; at < range.End; at += StubSize)
        {
            if (!walker.TryTranslate(cr3, new GuestVirtualAddress(at), PageAccess.Execute, out Translation translation, out WalkFault fault))
            {
                throw new ArgumentException($"stub-range: {fault}", nameof(start));
            }

            if (_memory.Span(translation.Address, 1)[0] != StubCode)
            {
                throw new ArgumentException($"stub-code: the stub at 0x{at:x} does not begin with INT3; write the code first", nameof(start));
            }
        }

        _ranges.Add(range);
    }

    /// <summary>Makes ordinary code of a range again. Returns whether there was one at this address.</summary>
    public bool Remove(GuestVirtualAddress start) => _ranges.RemoveAll(range => range.Start == start.Value) > 0;

    internal bool Contains(ulong address) => Find(address) is not null;

    internal void Return(int cpu, ulong address)
    {
        StubRange range = Find(address)!;
        Vcpu vcpu = _vcpus[cpu];
        range.Listener.OnReturn(vcpu, (int)((address - range.Start) / StubSize));
        if (vcpu.Registers.Rip == address)
        {
            throw new InvalidOperationException($"stub-not-left: the listener of the stub at 0x{address:x} did not set RIP");
        }
    }

    private StubRange? Find(ulong address)
    {
        foreach (StubRange range in _ranges)
        {
            if (address >= range.Start && address < range.End && address % StubSize == 0)
            {
                return range;
            }
        }

        return null;
    }

    private sealed record StubRange(ulong Start, int Count, IReturnStubListener Listener)
    {
        internal ulong End => Start + ((ulong)Count * StubSize);
    }
}
