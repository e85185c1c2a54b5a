using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Which pages of one engine's RAM are guarded. The library can close regions of its memory map. With none guarded, RAM is one region: a miss of
/// its address cache in another region than the one before is dearer, and pages that are used together lie anywhere. Otherwise at most
/// <see cref="MostRuns"/> runs of pages are closed, with pages between that need not be. Which page a store meets is then looked up by the hook,
/// machine code that carries out stores to the others itself. So what is closed decides about speed and never about what is reported.
/// </summary>
internal sealed unsafe class StoreGuard : IDisposable
{
    // The library's map is slow with many regions: 8 runs take 0.2 ms to close, for which the guest stands still, 64 take 5 ms.
    private const int MostRuns = 8;
    private const ulong SmallGap = 8;
    private const ulong Coarser = 8;
    private const ulong PageSize = 4096;
    private const uint PermissionAll = 7;
    private const uint PermissionReadExecute = 5;

    // uint8_t stub(uc_engine* rdi, int type esi, uint64_t address rdx, int size ecx, int64_t value r8, struct Cells* r9)
    //         mov rax, rdx; shr rax, 12; mov r10, [r9+8]
    //         cmp byte ptr [r10+rax], 0   ; guarded?
    //         jne slow
    //         mov eax, edx; and eax, 0xfff; add eax, ecx; cmp eax, 0x1000
    //         ja done                     ; crosses: comes again byte by byte
    //         mov r10, [r9]; add r10, rdx
    //         cmp ecx, 4; je four; ja eight; cmp ecx, 2; je two
    //         mov [r10], r8b
    // done:   mov eax, 1; ret
    // eight:  mov [r10], r8; jmp done
    // four:   mov [r10], r8d; jmp done
    // two:    mov [r10], r8w; jmp done
    // slow:   jmp [r9+16]
    private static readonly NativeCode s_stub = new(
    [
        0x48, 0x89, 0xd0, 0x48, 0xc1, 0xe8, 0x0c, 0x4d, 0x8b, 0x51, 0x08,
        0x41, 0x80, 0x3c, 0x02, 0x00,
        0x75, 0x3b,
        0x89, 0xd0, 0x25, 0xff, 0x0f, 0x00, 0x00, 0x01, 0xc8, 0x3d, 0x00, 0x10, 0x00, 0x00,
        0x77, 0x15,
        0x4d, 0x8b, 0x11, 0x49, 0x01, 0xd2,
        0x83, 0xf9, 0x04, 0x74, 0x15, 0x77, 0x0e, 0x83, 0xf9, 0x02, 0x74, 0x13,
        0x45, 0x88, 0x02,
        0xb8, 0x01, 0x00, 0x00, 0x00, 0xc3,
        0x4d, 0x89, 0x02, 0xeb, 0xf5,
        0x45, 0x89, 0x02, 0xeb, 0xf0,
        0x66, 0x45, 0x89, 0x02, 0xeb, 0xea,
        0x41, 0xff, 0x61, 0x10,
    ]);

    private readonly EngineHandle _engine;
    private readonly SharedMemory _memory;
    private readonly bool _quick;
    private readonly ulong _pages;
    private readonly GuardedPages _guarded;
    private Cells* _cells;
    private List<PageRun> _closed = [];
    private ulong _grain = 1;
    private List<nint> _hooks = [];

    // Maps the memory at physical address 0.
    internal StoreGuard(EngineHandle engine, SharedMemory memory, nint owner, void* slow, bool quick)
    {
        _engine = engine;
        _memory = memory;
        _quick = quick;
        _pages = memory.Length / PageSize;
        Map(new PageRun(0, _pages), PermissionAll);
        _cells = (Cells*)NativeMemory.AllocZeroed((nuint)sizeof(Cells));
        _cells->Base = memory.Pointer;
        _guarded = new GuardedPages(_pages);
        _cells->Guarded = _guarded.Pointer;
        _cells->Slow = slow;
        _cells->User = owner;
    }

    internal static nint UserOf(nint cells) => ((Cells*)cells)->User;

    /// <summary>Says of each page whether it is guarded; a page outside of what is closed has no effect.</summary>
    internal Span<byte> Guarded => _guarded.Flags;

    /// <summary>What is closed, ascending; stores to it are slow, and those to other pages are not.</summary>
    internal IReadOnlyList<PageRun> Closed => _closed;

    /// <summary>Replaces the guarded pages.</summary>
    /// <param name="pages">Numbers of the pages, ascending.</param>
    /// <returns>
    /// Whether translations have to be dropped: regions were mapped anew. The library knows translations by an address of its own, which a
    /// region gets when it is mapped; it may have been another page's before.
    /// </returns>
    internal bool Set(ReadOnlySpan<ulong> pages)
    {
        _guarded.Set(pages);
        if (pages.IsEmpty)
        {
            _grain = 1;
            return Close([]);
        }

        if (AreClosed(pages))
        {
            return false;
        }

        // Instances come while an update is under way; what drops all translations must not happen for each.
        bool moved = Close(Plan(pages));
        _grain = Math.Min(_grain * Coarser, _pages);
        return moved;
    }

    /// <summary>Closes all of memory; what is guarded in it is then only a matter of <see cref="Guarded"/>.</summary>
    internal void CloseAll() => Close([new PageRun(0, _pages)]);

    public void Dispose()
    {
        if (_cells is not null)
        {
            _guarded.Dispose();
            NativeMemory.Free(_cells);
            _cells = null;
        }
    }

    private bool AreClosed(ReadOnlySpan<ulong> pages)
    {
        int run = 0;
        foreach (ulong page in pages)
        {
            while (run < _closed.Count && _closed[run].End <= page)
            {
                run++;
            }

            if (run == _closed.Count || page < _closed[run].Start)
            {
                return false;
            }
        }

        return true;
    }

    private List<PageRun> Plan(ReadOnlySpan<ulong> pages)
    {
        List<PageRun> runs = [];
        foreach (ulong page in pages)
        {
            ulong start = page / _grain * _grain;
            PageRun run = new(start, Math.Min(start + _grain, _pages));
            if (runs.Count > 0 && run.Start <= runs[^1].End + SmallGap)
            {
                runs[^1] = new PageRun(runs[^1].Start, run.End);
            }
            else
            {
                runs.Add(run);
            }
        }

        JoinNearest(runs);
        return runs;
    }

    // The runs that are left lie on both sides of the widest gaps.
    private static void JoinNearest(List<PageRun> runs)
    {
        if (runs.Count <= MostRuns)
        {
            return;
        }

        ulong[] gaps = [.. runs.Zip(runs.Skip(1), (left, right) => right.Start - left.End)];
        HashSet<int> kept = [.. Enumerable.Range(0, gaps.Length).OrderByDescending(i => gaps[i]).Take(MostRuns - 1)];
        List<PageRun> joined = [runs[0]];
        for (int i = 1; i < runs.Count; i++)
        {
            if (kept.Contains(i - 1))
            {
                joined.Add(runs[i]);
            }
            else
            {
                joined[^1] = new PageRun(joined[^1].Start, runs[i].End);
            }
        }

        runs.Clear();
        runs.AddRange(joined);
    }

    private bool Close(List<PageRun> wanted)
    {
        if (wanted.SequenceEqual(_closed))
        {
            return false;
        }

        RegionRemoval.Remove(_engine, _memory.Length, _quick);
        ulong at = 0;
        foreach (PageRun run in wanted)
        {
            Map(new PageRun(at, run.Start), PermissionAll);
            Map(run, PermissionReadExecute);
            at = run.End;
        }

        Map(new PageRun(at, _pages), PermissionAll);
        Hook(wanted);
        _closed = wanted;
        return true;
    }

    // The library takes its slow path for each store to a page that such a hook reaches, closed or not.
    private void Hook(List<PageRun> runs)
    {
        foreach (nint hook in _hooks)
        {
            UnicornException.ThrowIfFailed(UnicornApi.uc_hook_del(_engine, hook), "uc_hook_del");
        }

        _hooks = [.. runs.Select(Hook)];
    }

    private nint Hook(PageRun run)
    {
        nint hook = 0;
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_hook_add(
                _engine, &hook, UcHookType.WriteProtected, s_stub.Pointer, (nint)_cells, run.Start * PageSize, (run.End * PageSize) - 1, 0),
            "uc_hook_add");
        return hook;
    }

    private void Map(PageRun run, uint permissions)
    {
        if (run.Start < run.End)
        {
            UnicornException.ThrowIfFailed(
                UnicornApi.uc_mem_map_ptr(
                    _engine, run.Start * PageSize, (run.End - run.Start) * PageSize, permissions, (byte*)_memory.Pointer + (run.Start * PageSize)),
                "uc_mem_map_ptr");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Cells
    {
        internal void* Base;
        internal byte* Guarded;
        internal void* Slow;
        internal nint User;
    }
}
