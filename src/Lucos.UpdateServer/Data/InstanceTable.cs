using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Data;

/// <summary>
/// Finds by guest-physical address which version of which instance was written: by page, then by search in the page. No two versions of
/// any updates share a byte.
/// </summary>
internal sealed class InstanceTable(IGuest guest)
{
    private readonly Dictionary<ulong, PageVersions> _pages = [];
    private readonly List<ulong> _changed = [];
    private readonly SortedSet<ulong> _loads = [];
    private readonly List<Instance> _atPageStart = [];

    /// <summary>Pages that something lies in.</summary>
    public int PageCount => _pages.Count;

    /// <summary>Lazily transferred instances that are monitored, and lie where a load reaches that begins in the page before.</summary>
    public List<Instance> AtPageStart => _atPageStart;

    /// <summary>What lies in a page.</summary>
    public bool TryFind(ulong page, out PageVersions found) => _pages.TryGetValue(page, out found!);

    /// <summary>Who has a byte of these pieces already; null for nobody.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? FindOwner(PhysicalPiece[] pieces)
    {
        foreach (PhysicalPiece piece in pieces)
        {
            if (_pages.TryGetValue(piece.Page, out PageVersions? page) && page.TryFindOverlap(piece.Start, piece.End, out Segment found))
            {
                return found.Owner;
            }
        }

        return null;
    }

    /// <summary>Adds both versions of an instance.</summary>
    /// <returns>Null; or who has a byte of it already, and then nothing was added.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? Add(Instance instance)
    {
        string? owner = FindOwner(instance.OldPieces);
        if (owner is null)
        {
            Add(instance.Data, instance.OldPieces, instance, Side.Old, instance.Data.OldOwner);
            owner = FindOwner(instance.NewPieces);
            if (owner is null)
            {
                Add(instance.Data, instance.NewPieces, instance, Side.New, instance.Data.NewOwner);
                return null;
            }

            Remove(instance.OldPieces);
        }

        return owner;
    }

    /// <summary>Adds memory that transfers work in, so that no version can lie there.</summary>
    public void Reserve(UpdateData data, PhysicalPiece[] pieces, string owner) => Add(data, pieces, null, Side.None, owner);

    /// <summary>Removes an instance.</summary>
    public void Remove(Instance instance)
    {
        Unwatch(instance);
        Apply();
        Remove(instance.OldPieces);
        Remove(instance.NewPieces);
    }

    /// <summary>Removes what lies in these pieces.</summary>
    public void Remove(PhysicalPiece[] pieces)
    {
        foreach (PhysicalPiece piece in pieces)
        {
            if (_pages.TryGetValue(piece.Page, out PageVersions? page))
            {
                page.Remove(piece.Start);
                Drop(piece.Page, page);
            }
        }
    }

    /// <summary>Monitors the pages of an instance, once <see cref="Apply"/> is called.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Watch(Instance instance)
    {
        if (!instance.IsWatched)
        {
            instance.IsWatched = true;
            instance.Data.MonitoredCount++;
            bool step = instance.Type.Interception == Abi.Interception.Step;
            Watch(instance.OldPieces, step, 1);
            Watch(instance.NewPieces, step, 1);
            if (instance.Type.IsLazy)
            {
                WatchLoads(instance.OldPieces, 1);
                WatchLoads(instance.NewPieces, 1);
                if (IsAtPageStart(instance))
                {
                    _atPageStart.Add(instance);
                }
            }
        }
    }

    /// <summary>Monitors them no longer.</summary>
    public void Unwatch(Instance instance)
    {
        if (instance.IsWatched)
        {
            instance.IsWatched = false;
            instance.Data.MonitoredCount--;
            bool step = instance.Type.Interception == Abi.Interception.Step;
            Watch(instance.OldPieces, step, -1);
            Watch(instance.NewPieces, step, -1);
            if (instance.Type.IsLazy)
            {
                WatchLoads(instance.OldPieces, -1);
                WatchLoads(instance.NewPieces, -1);
                _atPageStart.Remove(instance);
            }
        }
    }

    /// <summary>Monitors a lock outside of the instances.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Watch(UpdateData data, LockWord word, bool step)
    {
        if (!word.IsWatched)
        {
            word.IsWatched = true;
            Page(word.Piece.Page, data).Add(word);
            Watch([word.Piece], step, 1);
        }
    }

    /// <summary>Monitors it no longer.</summary>
    public void Unwatch(LockWord word, bool step)
    {
        if (word.IsWatched && _pages.TryGetValue(word.Piece.Page, out PageVersions? page) && page.Remove(word))
        {
            word.IsWatched = false;
            Watch([word.Piece], step, -1);
            Apply();
            Drop(word.Piece.Page, page);
        }
    }

    /// <summary>Lets the guest know which pages are monitored now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply()
    {
        List<ulong> emulated = [], stepped = [], open = [];
        _changed.Sort();
        foreach (ulong address in _changed)
        {
            PageVersions page = _pages[address];
            page.IsChanged = false;
            bool? wanted = Wanted(page);
            if (wanted != page.Stepping)
            {
                (wanted switch { null => open, true => stepped, false => emulated }).Add(address);
            }
        }

        ApplyLoads();
        _changed.Clear();
        if (open.Count > 0)
        {
            guest.Unmonitor(CollectionsMarshal.AsSpan(open));
            SetStepping(open, null);
        }

        Monitor(emulated, false);
        Monitor(stepped, true);
    }

    private void ApplyLoads()
    {
        bool isChanged = false;
        foreach (ulong page in _changed)
        {
            isChanged |= _pages[page].LoadWatchers > 0 ? _loads.Add(page) : _loads.Remove(page);
        }

        if (isChanged)
        {
            guest.MonitorLoads([.. _loads]);
        }
    }

    private static bool IsAtPageStart(Instance instance) =>
        Array.Exists(instance.OldPieces, IsAtPageStart) || Array.Exists(instance.NewPieces, IsAtPageStart);

    private static bool IsAtPageStart(PhysicalPiece piece) => piece.Start < MonitoredLoads.ReachIntoNextPage;

    private void WatchLoads(PhysicalPiece[] pieces, int change)
    {
        foreach (PhysicalPiece piece in pieces)
        {
            _pages[piece.Page].LoadWatchers += change;
        }
    }

    private void Monitor(List<ulong> pages, bool step)
    {
        if (pages.Count > 0)
        {
            guest.Monitor(CollectionsMarshal.AsSpan(pages), step);
            SetStepping(pages, step);
        }
    }

    private void SetStepping(List<ulong> pages, bool? stepping)
    {
        foreach (ulong page in pages)
        {
            _pages[page].Stepping = stepping;
        }
    }

    private static bool? Wanted(PageVersions page) => page.Watchers == 0 ? null : page.SteppingWatchers > 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Watch(PhysicalPiece[] pieces, bool step, int change)
    {
        foreach (PhysicalPiece piece in pieces)
        {
            PageVersions page = _pages[piece.Page];
            page.Watchers += change;
            page.SteppingWatchers += step ? change : 0;
            if (!page.IsChanged)
            {
                page.IsChanged = true;
                _changed.Add(piece.Page);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(UpdateData data, PhysicalPiece[] pieces, Instance? instance, Side side, string owner)
    {
        uint offset = 0;
        foreach (PhysicalPiece piece in pieces)
        {
            Page(piece.Page, data).Add(new Segment(piece.Start, piece.End, instance, side, offset, owner));
            offset += (uint)piece.Length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private PageVersions Page(ulong address, UpdateData data)
    {
        if (!_pages.TryGetValue(address, out PageVersions? page))
        {
            page = new PageVersions { Owner = data };
            _pages.Add(address, page);
        }

        page.Owner = page.Owner is { IsOver: false } owner ? owner : data;
        return page;
    }

    private void Drop(ulong address, PageVersions page)
    {
        if (page.IsEmpty)
        {
            _pages.Remove(address);
        }
    }
}
