using Lucos.Unicorn;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Code;

/// <summary>
/// The 4 KiB frames of RAM that some processor has code of in its cache. Whoever stores to one (a processor through any mapping, the host,
/// a device), what the caches hold of it is dropped on every processor before the next block runs; then it is an ordinary frame again
/// until code in it is executed. So code is coherent by physical address, as on a real processor, and the guest need not do anything.
/// </summary>
/// <remarks>Nothing of this shows in the guest: not in its state, not in its block counts, not in its clock.</remarks>
public sealed class CodeFrames
{
    private const int FrameShift = 12;
    private const int Batch = 32;

    // The caches don't reuse the room of dropped code until all is dropped; a frame's worth is some 50 KiB.
    private const ulong DropsUntilAllIsDropped = 1024;

    private readonly GuestMemory _memory;
    private readonly WriteWatch _watch;
    private readonly List<ICodeCache> _caches = [];
    private ulong _dropsSinceAll;

    internal CodeFrames(GuestMemory memory)
    {
        _memory = memory;
        _watch = memory.Backing.Watch;
    }

    /// <summary>Frames in the table.</summary>
    public int Count => _watch.ClosedPages;

    /// <summary>Times a frame was stored to and left the table.</summary>
    public ulong FramesDropped { get; private set; }

    /// <summary>Times everything was dropped at once: the table was full, or the caches were to be emptied of dropped code.</summary>
    public ulong AllDropped { get; private set; }

    /// <summary>Most frames in the table; one more, and everything is dropped and the table empty.</summary>
    public int Limit
    {
        get => _watch.Limit;
        set => _watch.Limit = value;
    }

    // Whether a processor may not run its next block before DropStale.
    internal bool AreStale => _watch.HasWritten;

    /// <summary>Whether the frame that holds an address is in the table and has not been stored to since.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The address is not in RAM.</exception>
    public bool Contains(GuestPhysicalAddress address) => _watch.IsClosed(address.Value >> FrameShift);

    /// <summary>
    /// Drops everything, as if no processor had run yet. To be called after RAM was replaced by other means than stores; never needed
    /// otherwise. Only while the machine stands still.
    /// </summary>
    public void DropAll()
    {
        foreach (ICodeCache cache in _caches)
        {
            cache.DropAllCode();
        }

        _watch.Reset();
        _dropsSinceAll = 0;
        AllDropped++;
    }

    // Whether a processor is inside a run: its cache must be left alone.
    internal bool IsRunning { get; set; }

    internal void Attach(ICodeCache cache) => _caches.Add(cache);

    internal void Detach(ICodeCache cache) => _caches.Remove(cache);

    // Called in the middle of a run: code of the frame is in a cache and about to run.
    internal void Add(GuestPhysicalAddress address)
    {
        if (_memory.Contains(address, 1))
        {
            _watch.Close(address.Value >> FrameShift);
        }
    }

    // Called between runs.
    internal void DropStale()
    {
        if (!_watch.HasWritten)
        {
            return;
        }

        if (_watch.IsLost || _dropsSinceAll >= DropsUntilAllIsDropped)
        {
            DropAll();
            return;
        }

        Span<GuestPhysicalAddress> frames = stackalloc GuestPhysicalAddress[Batch];
        int count = 0;
        while (_watch.TryTake(out ulong frame))
        {
            frames[count++] = new GuestPhysicalAddress(frame << FrameShift);
            if (count == Batch)
            {
                Drop(frames);
                count = 0;
            }
        }

        Drop(frames[..count]);
    }

    private void Drop(ReadOnlySpan<GuestPhysicalAddress> frames)
    {
        if (frames.IsEmpty)
        {
            return;
        }

        foreach (ICodeCache cache in _caches)
        {
            cache.DropCode(frames);
        }

        FramesDropped += (ulong)frames.Length;
        _dropsSinceAll += (ulong)frames.Length;
    }
}
