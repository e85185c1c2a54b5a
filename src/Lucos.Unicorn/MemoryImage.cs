namespace Lucos.Unicorn;

/// <summary>
/// RAM as it was at one moment, never changed again: a sealed file, and the few pages that had been changed since that file was made.
/// Any number of memories can be made of it; each sees its own stores only.
/// </summary>
public sealed class MemoryImage : IDisposable
{
    private readonly MemoryFile _file;
    private int _disposed;

    internal MemoryImage(MemoryFile file, IReadOnlyList<(ulong Offset, byte[] Content)> changed)
    {
        _file = file.Share();
        Changed = changed;
    }

    /// <summary>Lets go of the file when the owner forgot to.</summary>
    ~MemoryImage() => Release();

    /// <summary>Bytes of RAM.</summary>
    public ulong Length => _file.Length;

    /// <summary>Pages that every memory made of it gets a copy of at once.</summary>
    public int CopiedPages => Changed.Count;

    /// <summary>Calls for each page that holds something else than zeroes, in order of address.</summary>
    public void ForEachUsedPage(PageAction action)
    {
        using SharedMemory view = new(this);
        view.ForEachUsedPage(action);
    }

    internal MemoryFile File
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            return _file;
        }
    }

    internal IReadOnlyList<(ulong Offset, byte[] Content)> Changed { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _file.Release();
        }
    }
}
