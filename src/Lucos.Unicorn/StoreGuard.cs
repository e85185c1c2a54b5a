using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Which pages of one engine's RAM are guarded. The library can close regions of its memory map, and each change to a map of more than some
/// thirty regions is slow (see the README); so RAM is mapped in a few pieces, at most <see cref="MostRuns"/> runs of guarded pages are
/// closed exactly, and where there are more, whole pieces are. Which page a store meets is then looked up by the hook, machine code that
/// carries out stores to the others itself. So what is closed decides about speed and never about what is reported.
/// </summary>
internal sealed unsafe class StoreGuard : IDisposable
{
    private const int MapPieces = 16;

    // Closing one cuts a region, which takes 200 to 400 us, for which the guest stands still.
    private const int MostRuns = 3;
    private const int MostCuts = 48;
    private const ulong SmallGap = 8;
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
    private readonly ulong _pages;
    private readonly ulong _pieceLength;
    private readonly HashSet<ulong> _cutPieces = [];
    private readonly HashSet<ulong> _borders = [];
    private Cells* _cells;
    private readonly GuardedPages _guarded;
    private List<PageRun> _closed = [];
    private int _cuts;
    private bool _hooked;

    // Maps the memory at physical address 0.
    internal StoreGuard(EngineHandle engine, SharedMemory memory, nint owner, void* slow)
    {
        _engine = engine;
        _memory = memory;
        _pages = memory.Length / PageSize;
        _pieceLength = (_pages + MapPieces - 1) / MapPieces;
        for (ulong start = 0; start < _pages; start += _pieceLength)
        {
            Map(start);
        }

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

    /// <summary>Replaces the guarded pages.</summary>
    /// <param name="pages">Numbers of the pages, ascending.</param>
    /// <returns>
    /// Whether translations have to be dropped: pieces were mapped anew or cut. The library knows translations by an address of its own, which
    /// the parts of a cut region get anew; it may have been another page's before.
    /// </returns>
    internal bool Set(ReadOnlySpan<ulong> pages)
    {
        _guarded.Set(pages);
        return Close(Plan(pages));
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

    private List<PageRun> Plan(ReadOnlySpan<ulong> pages)
    {
        List<PageRun> runs = [];
        foreach (ulong page in pages)
        {
            if (runs.Count > 0 && page - runs[^1].End <= SmallGap)
            {
                runs[^1] = new PageRun(runs[^1].Start, page + 1);
            }
            else
            {
                runs.Add(new PageRun(page, page + 1));
            }
        }

        return runs.Count <= MostRuns ? runs : Pieces(runs);
    }

    private List<PageRun> Pieces(List<PageRun> runs)
    {
        List<PageRun> pieces = [];
        foreach (PageRun run in runs)
        {
            ulong start = run.Start / _pieceLength * _pieceLength;
            ulong end = Math.Min(((run.End - 1) / _pieceLength * _pieceLength) + _pieceLength, _pages);
            if (pieces.Count > 0 && start <= pieces[^1].End)
            {
                pieces[^1] = new PageRun(pieces[^1].Start, Math.Max(end, pieces[^1].End));
            }
            else
            {
                pieces.Add(new PageRun(start, end));
            }
        }

        return pieces;
    }

    private bool Close(List<PageRun> wanted)
    {
        if (wanted.Count > 0 && !_hooked)
        {
            nint hook = 0;
            UnicornException.ThrowIfFailed(
                UnicornApi.uc_hook_add(_engine, &hook, UcHookType.WriteProtected, s_stub.Pointer, (nint)_cells, 0, _memory.Length - 1, 0), "uc_hook_add");
            _hooked = true;
        }

        // Regions that are left over make each miss of the address cache dearer.
        bool moved = _cuts > MostCuts || (wanted.Count == 0 && _cuts > 0);
        if (moved)
        {
            MapAgain();
        }

        foreach (PageRun run in PageRun.Difference(_closed, wanted))
        {
            moved |= Protect(run, PermissionAll);
        }

        foreach (PageRun run in PageRun.Difference(wanted, _closed))
        {
            moved |= Protect(run, PermissionReadExecute);
        }

        _closed = wanted;
        return moved;
    }

    // The library never joins regions again.
    private void MapAgain()
    {
        foreach (ulong piece in _cutPieces)
        {
            UnicornException.ThrowIfFailed(UnicornApi.uc_mem_unmap(_engine, piece * PageSize, LengthOf(piece)), "uc_mem_unmap");
            Map(piece);
        }

        _closed = PageRun.Difference(_closed, [.. _cutPieces.Order().Select(piece => new PageRun(piece, Math.Min(piece + _pieceLength, _pages)))]);
        _cutPieces.Clear();
        _borders.Clear();
        _cuts = 0;
    }

    // Piece by piece: a call over several regions cuts none that it covers wholly. True: one was cut.
    private bool Protect(PageRun run, uint permissions)
    {
        bool cut = false;
        for (ulong start = run.Start; start < run.End;)
        {
            ulong piece = start / _pieceLength * _pieceLength;
            ulong pieceEnd = Math.Min(piece + _pieceLength, _pages);
            ulong end = Math.Min(run.End, pieceEnd);
            if (start != piece || end != pieceEnd)
            {
                _cutPieces.Add(piece);
                _cuts++;
                cut |= (start != piece && _borders.Add(start)) | (end != pieceEnd && _borders.Add(end));
            }

            UnicornException.ThrowIfFailed(
                UnicornApi.uc_mem_protect(_engine, start * PageSize, (end - start) * PageSize, permissions), "uc_mem_protect");
            start = end;
        }

        return cut;
    }

    private void Map(ulong piece) =>
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_mem_map_ptr(_engine, piece * PageSize, LengthOf(piece), PermissionAll, (byte*)_memory.Pointer + (piece * PageSize)), "uc_mem_map_ptr");

    private ulong LengthOf(ulong piece) => Math.Min(_pieceLength, _pages - piece) * PageSize;

    [StructLayout(LayoutKind.Sequential)]
    private struct Cells
    {
        internal void* Base;
        internal byte* Guarded;
        internal void* Slow;
        internal nint User;
    }
}
