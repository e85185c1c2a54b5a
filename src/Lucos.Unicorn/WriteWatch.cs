using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Finds out which pages of guest RAM are stored to, whoever stores: generated code through any linear address, the library, or managed
/// code. A closed page is read-only in this process; the first store to it opens it, writes the page down and goes on, so a page that is
/// filled byte by byte costs one fault. Belongs to the thread that runs the machine.
/// </summary>
public sealed unsafe class WriteWatch
{
    /// <summary>
    /// Most pages that are closed at a time. Every closed page between open ones needs two of the host's mappings, of which Linux
    /// allows a process 65,530 (<c>vm.max_map_count</c>), and a process may run several machines.
    /// </summary>
    public const int DefaultLimit = 8192;

    private const byte Open = 0;
    private const byte Closed = 1;
    private const int PageShift = 12;
    private const nuint PageSize = 1 << PageShift;

    private readonly StoreFaults.Watch* _watch;
    private readonly nuint _pages;
    private int _closed;

    internal WriteWatch(nint address, ulong length)
    {
        _pages = (nuint)(length >> PageShift);
        _watch = StoreFaults.Add(new StoreFaults.Watch
        {
            Base = (ulong)address,
            Length = length,
            States = (byte*)NativeMemory.AllocZeroed(_pages),
            Written = (ulong*)NativeMemory.AllocZeroed(sizeof(ulong) + (_pages * sizeof(uint))),
        });
    }

    /// <summary>Most pages that may be closed at a time.</summary>
    public int Limit { get; set; } = DefaultLimit;

    /// <summary>Pages that are closed now or were stored to and not taken yet.</summary>
    public int ClosedPages => _closed;

    /// <summary>
    /// Whether all pages had to be opened because there were too many: stores to any of them may have gone unseen since.
    /// <see cref="Reset"/> starts over.
    /// </summary>
    public bool IsLost => _watch->Lost != 0;

    /// <summary>Whether something has to be looked at: a page was stored to, or <see cref="IsLost"/>.</summary>
    public bool HasWritten => *_watch->Written != 0 || _watch->Lost != 0;

    /// <summary>Closes a page; one that is closed already, or was stored to and not taken yet, stays as it is.</summary>
    /// <param name="page">Number of the page.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such page.</exception>
    public void Close(ulong page)
    {
        ref byte state = ref State(page);
        if (state != Open)
        {
            return;
        }

        if (_closed >= Limit || Protect((nuint)page * PageSize, PageSize, LinuxApi.ProtRead) != 0)
        {
            Lose();
            return;
        }

        state = Closed;
        _closed++;
    }

    /// <summary>Whether a page is closed: nobody has stored to it since <see cref="Close"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such page.</exception>
    public bool IsClosed(ulong page) => State(page) == Closed;

    /// <summary>Takes one of the pages that were stored to, which is an ordinary open page from then on. Returns false when there is none.</summary>
    public bool TryTake(out ulong page)
    {
        page = 0;
        if (*_watch->Written == 0)
        {
            return false;
        }

        page = ((uint*)(_watch->Written + 1))[--*_watch->Written];
        _watch->States[page] = Open;
        _closed--;
        return true;
    }

    /// <summary>
    /// Makes the closed pages read-only again, after the memory was mapped anew at the same address with the same content: a new mapping is
    /// writable, and stores to it would go unseen.
    /// </summary>
    public void CloseAgain()
    {
        ReadOnlySpan<byte> states = new(_watch->States, (int)_pages);
        for (int start = states.IndexOf(Closed), end; start >= 0; start = Next(states, end))
        {
            int length = states[start..].IndexOfAnyExcept(Closed);
            end = length < 0 ? states.Length : start + length;
            if (Protect((nuint)start * PageSize, (nuint)(end - start) * PageSize, LinuxApi.ProtRead) != 0)
            {
                Lose();
                return;
            }
        }
    }

    /// <summary>Opens and forgets every page.</summary>
    /// <exception cref="UnicornException">The host refuses.</exception>
    public void Reset()
    {
        if (Protect(0, _pages * PageSize, LinuxApi.ProtRead | LinuxApi.ProtWrite) != 0)
        {
            throw new UnicornException("write-watch: mprotect can't open guest memory");
        }

        new Span<byte>(_watch->States, (int)_pages).Clear();
        *_watch->Written = 0;
        _watch->Lost = 0;
        _closed = 0;
    }

    // Has the first store to a closed page make the engine of these meter cells look at its next block; 0 for none. Returns the cells before.
    internal nint Notify(nint cells)
    {
        nint before = (nint)_watch->Cells;
        _watch->Cells = (ulong)cells;
        return before;
    }

    internal void Release()
    {
        StoreFaults.Remove(_watch);
        NativeMemory.Free(_watch->States);
        NativeMemory.Free(_watch->Written);
    }

    private static int Next(ReadOnlySpan<byte> states, int from)
    {
        int found = states[from..].IndexOf(Closed);
        return found < 0 ? found : from + found;
    }

    private ref byte State(ulong page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page, _pages);
        return ref _watch->States[page];
    }

    // Opening everything merges the mappings into one, so it needs none.
    private void Lose()
    {
        _watch->Lost = 1;
        _ = Protect(0, _pages * PageSize, LinuxApi.ProtRead | LinuxApi.ProtWrite);
        if (_watch->Cells != 0)
        {
            ExecutionMeter.Interrupt((nint)_watch->Cells);
        }
    }

    private int Protect(nuint offset, nuint length, int protection) =>
        LinuxApi.mprotect((nint)(_watch->Base + offset), length, protection);
}
