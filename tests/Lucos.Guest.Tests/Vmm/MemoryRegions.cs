using Lucos.Abi;
using Lucos.Elf;
using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Tells what the bytes of RAM are, by the symbols of kernel and modules, the slab caches and the page tables.</summary>
internal sealed class MemoryRegions
{
    private const ulong KernelBase = 0xffffffff80000000;
    private const ulong VmallocBase = 0xffffc90000000000;
    private const ulong VmallocReach = 64 << 20;
    private const ulong PageEntry = 16;
    private const int BitsInByte = 8;

    private readonly KernelImage _kernel;
    private readonly KernelStructures _structures;
    private readonly Dictionary<ulong, (string Area, ulong Address)> _pages = [];
    private readonly ulong _frames;
    private readonly List<SlabRange> _slabs;
    private readonly List<StackRange> _stacks;
    private readonly List<SymbolRange> _modules;

    /// <summary>Looks at the guest's tables as they are now.</summary>
    internal MemoryRegions(Machine machine, KernelImage kernel)
    {
        _kernel = kernel;
        _frames = machine.Memory.Size / GuestLayout.PageSize;
        var space = machine.Vcpus[0].AddressSpace;
        _structures = new KernelStructures(space, kernel);
        _slabs = _structures.Slabs();
        _stacks = _structures.Stacks();
        _modules = _structures.ModuleSymbols();
        Users = new UserSpaces(machine, _structures);
        Map(space, GuestLayout.ModuleBase, GuestLayout.ModuleAreaSize, "module");
        Map(space, VmallocBase, VmallocReach, "vmalloc");
    }

    /// <summary>What processes have in their address spaces.</summary>
    internal UserSpaces Users { get; }

    /// <summary>
    /// Frames that are not compared where they lie, because they may hold a page or table of a process: <see cref="UserSpaces.Pages"/> is to be compared.
    /// What the page allocator knows of them has names of its own.
    /// </summary>
    internal HashSet<ulong> Exchangeable { get; } = [];

    /// <summary>Where two copies of RAM differ: names of regions, symbols and fields, each with the number of bytes that differ.</summary>
    internal SortedDictionary<string, int> Differences(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var at = 0; at < before.Length; at++)
        {
            at += before[at..].CommonPrefixLength(after[at..]);
            if (at < before.Length)
            {
                var name = Name((ulong)at);
                if (name is null)
                {
                    continue;
                }

                found[name] = found.GetValueOrDefault(name) + 1;
            }
        }

        return found;
    }

    private string? Name(ulong physical)
    {
        var page = physical & ~(GuestLayout.PageSize - 1);
        if (Exchangeable.Contains(page))
        {
            return null;
        }

        var virtualAddress = KernelBase + physical;
        if (_kernel.SegmentAt(virtualAddress) is { } segment)
        {
            var kind = segment.Flags.HasFlag(SegmentAccess.Execute) ? "text" : segment.Flags.HasFlag(SegmentAccess.Write) ? "data" : "rodata";
            return $"{kind}: {NameInKernel(virtualAddress)}";
        }

        if (_slabs.Find(s => s.Contains(physical)) is { } slab)
        {
            return slab.Name(physical);
        }

        return _pages.TryGetValue(page, out var mapped) ? NameMapped(mapped.Area, mapped.Address + physical - page) : NameOfFrames(physical) ?? $"other: 0x{page:x}";
    }

    // One entry, or one byte of the bitmap, is about these frames.
    private string? NameOfFrames(ulong physical)
    {
        var (area, first, count) = physical >= _structures.PageArray && physical < _structures.PageArray + (_frames * PageEntry)
            ? ("page array", (physical - _structures.PageArray) / PageEntry, 1)
            : physical >= _structures.PageBitmap && physical < _structures.PageBitmap + (_frames / BitsInByte)
            ? ("page bitmap", (physical - _structures.PageBitmap) * BitsInByte, BitsInByte)
            : (null, 0UL, 0);
        return area is null ? null
            : Enumerable.Range(0, count).Any(i => Exchangeable.Contains((first + (ulong)i) * GuestLayout.PageSize)) ? $"{area}: frames of processes"
            : area;
    }

    private string NameInKernel(ulong address)
    {
        var found = _kernel.Symbols.Resolve(address);
        var name = found?.Symbol.QualifiedName;
        return name switch
        {
            null => $"0x{address:x}",
            "cpus" => $"cpus.{KernelStructures.CpuField(found!.Value.Offset)}",
            _ => name,
        };
    }

    private string NameMapped(string area, ulong address)
    {
        if (_stacks.Find(s => s.Contains(address)) is { } stack)
        {
            return stack.Name(address);
        }

        return _modules.Find(s => s.Contains(address)) is { } symbol ? symbol.Name : $"{area}: 0x{address & ~(GuestLayout.PageSize - 1):x}";
    }

    private void Map(VirtualMemory space, ulong start, ulong size, string area)
    {
        for (var at = start; at < start + size; at += GuestLayout.PageSize)
        {
            if (space.TryTranslate(new GuestVirtualAddress(at), out var translation, out _))
            {
                _pages[translation.Address.Value] = (area, at);
            }
        }
    }
}
