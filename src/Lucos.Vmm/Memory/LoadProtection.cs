using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Memory;

/// <summary>
/// Guards pages against loads at guest-physical level, for one listener: it is told before each load of a processor or of the service
/// processor. Loads by the host, by page walks and of code are not told. While a page is guarded all loads and stores are slower, whatever they
/// touch; while none is, nothing costs anything.
/// </summary>
public sealed class LoadProtection
{
    private const ulong PageSize = 4096;
    private readonly GuestMemory _memory;
    private readonly IReadOnlyList<Vcpu> _vcpus;
    private readonly Func<ServiceVcpu> _service;
    private ILoadListener? _listener;

    internal LoadProtection(GuestMemory memory, IReadOnlyList<Vcpu> vcpus, Func<ServiceVcpu> service)
    {
        _memory = memory;
        _vcpus = vcpus;
        _service = service;
    }

    /// <summary>Guarded pages.</summary>
    public int PageCount { get; private set; }

    /// <summary>Replaces the guarded pages. Between runs, in hypercall handlers and at store boundaries only.</summary>
    /// <param name="pages">An address in each page, in any order; none ends it.</param>
    /// <param name="listener">Is told of the loads.</param>
    /// <exception cref="InvalidOperationException">Another listener guards pages.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A page is not in RAM; nothing has changed.</exception>
    public void Set(ReadOnlySpan<GuestPhysicalAddress> pages, ILoadListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        if (_listener is not null && _listener != listener)
        {
            throw new InvalidOperationException("loads-already-guarded: another listener guards pages against loads");
        }

        var numbers = new ulong[pages.Length];
        for (int i = 0; i < pages.Length; i++)
        {
            numbers[i] = _memory.Contains(pages[i], 1)
                ? pages[i].Value / PageSize
                : throw new ArgumentOutOfRangeException(nameof(pages), $"{pages[i]} is not in RAM");
        }

        if (numbers.Length + PageCount > 0)
        {
            foreach (Vcpu vcpu in _vcpus)
            {
                vcpu.Backend.GuardLoads(numbers);
            }

            _service().GuardLoads(numbers, listener);
        }

        PageCount = numbers.Length;
        _listener = numbers.Length > 0 ? listener : null;
    }

    /// <summary>Tells of a load, and returns who wants the boundary behind it.</summary>
    internal ILoadListener? Notify(in GuardedLoad load) => _listener is { } listener && listener.OnLoad(in load) ? listener : null;
}
