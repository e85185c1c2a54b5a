using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Guest RAM. At first a memory file mapped shared; once an image was taken of it, or when it was made of an image, a private mapping
/// of that image's file, at the same address. All access is bounds-checked.
/// </summary>
public sealed unsafe class SharedMemory : IDisposable
{
    private const int PageSize = 4096;

    // With so many changed pages, copying them into each fork costs less than making a new file (measured: see the README).
    private const int AlwaysCopied = 256;
    private const int CopiedShare = 8;

    private MemoryFile _file;
    private bool _isPrivate;
    private nint _address;

    /// <summary>Makes zeroed memory.</summary>
    /// <param name="length">Bytes; a positive multiple of 4096.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is zero or not a multiple of a page.</exception>
    /// <exception cref="UnicornException">The host can't provide it.</exception>
    public SharedMemory(ulong length)
    {
        if (length == 0 || length % PageSize != 0 || length > long.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "memory length must be a positive multiple of 4096");
        }

        Length = length;
        _file = new MemoryFile(length);
        _address = MapOrRelease();
        Watch = new WriteWatch(_address, length);
    }

    /// <summary>Makes memory with the content of an image. Stores to it are seen by nobody else.</summary>
    /// <param name="image">The image; it may be disposed of at once.</param>
    /// <exception cref="UnicornException">The host can't provide it.</exception>
    public SharedMemory(MemoryImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Length = image.Length;
        _file = image.File.Share();
        _isPrivate = true;
        _address = MapOrRelease();
        foreach ((ulong offset, byte[] content) in image.Changed)
        {
            content.CopyTo(Slice(offset, content.Length));
        }

        Watch = new WriteWatch(_address, Length);
    }

    /// <summary>Releases the mapping when the owner forgot to.</summary>
    ~SharedMemory() => Release();

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>Tells which of its pages are stored to.</summary>
    public WriteWatch Watch { get; }

    internal void* Pointer => (void*)_address;

    /// <summary>A view of a part; valid until this object is disposed.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie wholly inside.</exception>
    public Span<byte> Slice(ulong offset, int length)
    {
        ObjectDisposedException.ThrowIf(_address == 0, this);
        if (length < 0 || offset > Length || (ulong)length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"0x{offset:x}+0x{length:x} is outside of 0x{Length:x} bytes of memory");
        }

        return new Span<byte>((byte*)_address + offset, length);
    }

    /// <summary>
    /// Takes an image of the content as it is now. The memory itself stays where it is and what it is, but stores to it from now on go into
    /// pages of its own. Not to be called while a processor runs on it.
    /// </summary>
    /// <exception cref="UnicornException">The host can't provide it.</exception>
    public MemoryImage TakeImage()
    {
        ObjectDisposedException.ThrowIf(_address == 0, this);
        if (!_isPrivate)
        {
            Remap(_file);
            return new MemoryImage(_file, []);
        }

        List<ulong>? changed = PageMap.FindChanged(_address, Length);
        if (changed is not null && (changed.Count <= AlwaysCopied || (ulong)changed.Count * PageSize * CopiedShare <= _file.Allocated))
        {
            return new MemoryImage(_file, [.. changed.Select(offset => (offset, Slice(offset, PageSize).ToArray()))]);
        }

        MemoryFile file = CopyToFile(changed);
        MemoryFile before = _file;
        Remap(file);
        before.Release();
        return new MemoryImage(file, []);
    }

    /// <summary>
    /// Calls for each page that may hold something else than zeroes, in order of address. Pages are not brought into memory for it.
    /// </summary>
    /// <param name="action">Gets the offset of the page and its content, valid during the call.</param>
    public void ForEachUsedPage(PageAction action)
    {
        ArgumentNullException.ThrowIfNull(action);
        foreach (ulong offset in UsedPages(_isPrivate ? PageMap.FindChanged(_address, Length) : []))
        {
            ReadOnlySpan<byte> content = Slice(offset, PageSize);
            if (content.ContainsAnyExcept((byte)0))
            {
                action(offset, content);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    // The old mapping is replaced in one step: there is no moment at which nothing is mapped.
    private void Remap(MemoryFile file)
    {
        file.Map(isPrivate: true, _address);
        _file = file;
        _isPrivate = true;
        Watch.CloseAgain();
        file.Seal();
    }

    private MemoryFile CopyToFile(List<ulong>? changed)
    {
        MemoryFile file = new(Length);
        try
        {
            foreach (ulong offset in UsedPages(changed))
            {
                file.Write(offset, Slice(offset, PageSize));
            }

            return file;
        }
        catch (UnicornException)
        {
            file.Release();
            throw;
        }
    }

    // Pages of the file, and those changed since: also there where the file has a hole. Unknown changes: every page.
    private SortedSet<ulong> UsedPages(List<ulong>? changed)
    {
        if (changed is null)
        {
            return [.. Enumerable.Range(0, (int)(Length / PageSize)).Select(page => (ulong)page * PageSize)];
        }

        SortedSet<ulong> used = [.. changed];
        _file.ForEachRun((start, length) =>
        {
            for (ulong at = 0; at < length; at += PageSize)
            {
                used.Add(start + at);
            }
        });
        return used;
    }

    private nint MapOrRelease()
    {
        try
        {
            return _file.Map(_isPrivate);
        }
        catch (UnicornException)
        {
            _file.Release();
            throw;
        }
    }

    private void Release()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address > 0)
        {
            Watch?.Release();
            _ = LinuxApi.munmap(address, (nuint)Length);
            _file.Release();
        }
    }
}
