using Lucos.Abi;
using Lucos.Elf;
using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Tells what the bytes of RAM are, by the kernel's symbols and the page tables.</summary>
internal sealed class MemoryRegions
{
    private const string Modules = "module data";
    private const ulong KernelBase = 0xffffffff80000000;
    private const ulong VmallocBase = 0xffffc90000000000;
    private const ulong VmallocReach = 64 << 20;

    private readonly KernelImage _kernel;
    private readonly Dictionary<ulong, string> _pages = [];

    /// <summary>Looks at the page tables as they are now.</summary>
    internal MemoryRegions(Machine machine, KernelImage kernel)
    {
        _kernel = kernel;
        var space = machine.Vcpus[0].AddressSpace;
        Map(space, GuestLayout.ModuleBase, GuestLayout.ModuleAreaSize, Modules);
        Map(space, VmallocBase, VmallocReach, "stacks");
        MapThreads(space);
    }

    /// <summary>Where two copies of RAM differ: names of regions and symbols, each with the number of bytes that differ.</summary>
    internal SortedDictionary<string, int> Differences(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var at = 0; at < before.Length; at++)
        {
            at += before[at..].CommonPrefixLength(after[at..]);
            if (at < before.Length)
            {
                var name = Name((ulong)at);
                found[name] = found.GetValueOrDefault(name) + 1;
            }
        }

        return found;
    }

    private string Name(ulong physical)
    {
        var virtualAddress = KernelBase + physical;
        if (_kernel.SegmentAt(virtualAddress) is { } segment)
        {
            var kind = segment.Flags.HasFlag(SegmentAccess.Execute) ? "text" : segment.Flags.HasFlag(SegmentAccess.Write) ? "data" : "rodata";
            return $"{kind}: {_kernel.Symbols.Resolve(virtualAddress)?.Symbol.QualifiedName ?? $"0x{virtualAddress:x}"}";
        }

        var page = physical & ~(GuestLayout.PageSize - 1);
        return _pages.TryGetValue(page, out var area) ? area : $"other: 0x{page:x}";
    }

    private void Map(VirtualMemory space, ulong start, ulong size, string name)
    {
        for (var at = start; at < start + size; at += GuestLayout.PageSize)
        {
            if (space.TryTranslate(new GuestVirtualAddress(at), out var translation, out _))
            {
                _pages[translation.Address.Value] = name == Modules && !translation.Writable ? "module code" : name;
            }
        }
    }

    /// <summary>The pages that hold thread structures: those through which the kernel's list of threads goes.</summary>
    private void MapThreads(VirtualMemory space)
    {
        var head = _kernel.Symbols.FindOnly("thread_list")!.Value;
        var at = head;
        do
        {
            Assert.That(space.TryReadUInt64(new GuestVirtualAddress(at), out at), Is.True);
            if (at != head && space.TryTranslate(new GuestVirtualAddress(at), out var translation, out _))
            {
                var page = translation.Address.Value & ~(GuestLayout.PageSize - 1);
                _pages[page] = "threads";
            }
        }
        while (at != head);
    }
}
