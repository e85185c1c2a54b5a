using System.Runtime.CompilerServices;

namespace Lucos.UpdateServer.Data;

/// <summary>What lies in one page, in order of addresses.</summary>
internal sealed class PageVersions
{
    private static readonly LockWord[] s_none = [];
    private Segment[] _segments = new Segment[2];
    private LockWord[] _locks = s_none;

    /// <summary>How many parts of versions lie here.</summary>
    public int Count { get; private set; }

    /// <summary>Locks outside of instances.</summary>
    public ReadOnlySpan<LockWord> Locks => _locks;

    /// <summary>Reasons to monitor the page.</summary>
    public int Watchers { get; set; }

    /// <summary>Whether its watchers have changed since the guest was told.</summary>
    public bool IsChanged { get; set; }

    /// <summary>How many of them want the boundary right behind the instruction.</summary>
    public int SteppingWatchers { get; set; }

    /// <summary>How many of them want loads monitored.</summary>
    public int LoadWatchers { get; set; }

    /// <summary>How the page is monitored; null if it is not.</summary>
    public bool? Stepping { get; set; }

    /// <summary>Whose page it is: who counts stores that hit nothing.</summary>
    public UpdateData? Owner { get; set; }

    /// <summary>Whether nothing lies here.</summary>
    public bool IsEmpty => Count == 0 && _locks.Length == 0;

    /// <summary>Adds a lock outside of instances.</summary>
    public void Add(LockWord word) => _locks = [.. _locks, word];

    /// <summary>Removes one.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(LockWord word)
    {
        int before = _locks.Length;
        _locks = [.. _locks.Where(other => other != word)];
        return _locks.Length < before;
    }

    /// <summary>A part, by position.</summary>
    public ref readonly Segment this[int index] => ref _segments[index];

    /// <summary>Position of the first part that ends behind an offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int FirstBehind(int offset)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_segments[middle].End <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>The part that shares a byte with a range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryFindOverlap(int start, int end, out Segment found)
    {
        int index = FirstBehind(start);
        found = index < Count ? _segments[index] : default;
        return index < Count && found.Start < end;
    }

    /// <summary>Adds a part that overlaps none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(in Segment segment)
    {
        if (Count == _segments.Length)
        {
            Array.Resize(ref _segments, Count * 2);
        }

        int index = FirstBehind(segment.Start);
        Array.Copy(_segments, index, _segments, index + 1, Count - index);
        _segments[index] = segment;
        Count++;
    }

    /// <summary>Removes the part that starts at an offset.</summary>
    public void Remove(int start)
    {
        int index = FirstBehind(start);
        if (index < Count && _segments[index].Start == start)
        {
            Count--;
            Array.Copy(_segments, index + 1, _segments, index, Count - index);
            _segments[Count] = default;
        }
    }
}
