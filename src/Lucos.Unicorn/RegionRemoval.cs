using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Takes memory out of an engine's map. The library drops the cached addresses of a region page by page (45 ns each: 0.7 ms for 64 MiB, for which
/// the guest stands still), although its user is going to drop all of them anyway. It goes up to the end that is noted in the region, so a region
/// that says that it ends where it begins goes at once. The two functions are exported by the library but are not of its API, and the fields are
/// found by experiment: where that fails, the API's way is taken, which is slow.
/// </summary>
internal static unsafe class RegionRemoval
{
    private const ulong ProbeAddress = 0x12_3456_7000;
    private const ulong ProbeLength = 0x5000;

    private static readonly Lazy<(int Start, int End)?> s_fields = new(Probe);

    /// <summary>Whether the quick way was found in this library.</summary>
    internal static bool CanBeQuick => s_fields.Value is not null;

    /// <summary>Unmaps whole regions that follow each other. Afterwards all cached addresses and translations have to be dropped.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="length">Their length together; the first begins at address 0.</param>
    /// <param name="quick">Whether to try the quick way.</param>
    internal static void Remove(EngineHandle engine, ulong length, bool quick)
    {
        ulong removed = quick && s_fields.Value is { } fields ? RemoveQuickly(engine, 0, length, fields) : 0;
        if (removed < length)
        {
            UnicornException.ThrowIfFailed(UnicornApi.uc_mem_unmap(engine, removed, length - removed), "uc_mem_unmap");
        }
    }

    // Returns where it had to give up.
    private static ulong RemoveQuickly(EngineHandle engine, ulong start, ulong end, (int Start, int End) fields)
    {
        for (ulong at = start; at < end;)
        {
            nint region = UnicornApi.find_memory_mapping_x86_64(engine, at);
            if (region == 0 || *(ulong*)(region + fields.Start) != at)
            {
                return at;
            }

            ulong next = *(ulong*)(region + fields.End);
            if (next <= at || next > end)
            {
                return at;
            }

            *(ulong*)(region + fields.End) = at;
            UnicornApi.memory_unmap_x86_64(engine, region);
            at = next;
        }

        return end;
    }

    private static (int Start, int End)? Probe()
    {
        try
        {
            using EngineHandle engine = Engine.Open();
            using SharedMemory memory = new(ProbeLength);
            MapProbe(engine, memory);
            return Fields(engine) is { } fields && Behaves(engine, memory, fields) ? fields : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    // Each of the two must stand in the region exactly once.
    private static (int Start, int End)? Fields(EngineHandle engine)
    {
        nint region = UnicornApi.find_memory_mapping_x86_64(engine, ProbeAddress);
        if (region == 0)
        {
            return null;
        }

        ReadOnlySpan<ulong> words = new((void*)region, (int)LinuxApi.malloc_usable_size(region) / sizeof(ulong));
        int start = words.IndexOf(ProbeAddress), end = words.IndexOf(ProbeAddress + ProbeLength);
        bool found = start >= 0 && end >= 0 && words.Count(ProbeAddress) == 1 && words.Count(ProbeAddress + ProbeLength) == 1;
        return found ? (start * sizeof(ulong), end * sizeof(ulong)) : null;
    }

    // Gone, and its place is free: mapping it again would be refused otherwise.
    private static bool Behaves(EngineHandle engine, SharedMemory memory, (int Start, int End) fields)
    {
        const ulong end = ProbeAddress + ProbeLength;
        if (RemoveQuickly(engine, ProbeAddress, end, fields) != end || UnicornApi.find_memory_mapping_x86_64(engine, ProbeAddress) != 0)
        {
            return false;
        }

        MapProbe(engine, memory);
        return UnicornApi.uc_mem_unmap(engine, ProbeAddress, ProbeLength) == UcError.Ok;
    }

    private static void MapProbe(EngineHandle engine, SharedMemory memory) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_mem_map_ptr(engine, ProbeAddress, ProbeLength, 7, memory.Pointer), "uc_mem_map_ptr");
}
