namespace Lucos.Unicorn;

/// <summary>Makes a memory image page by page, for one that is read from a file. Pages that are not written are zeroes and take no memory.</summary>
public sealed class MemoryImageBuilder : IDisposable
{
    private MemoryFile? _file;

    /// <summary>Begins an image of zeroes.</summary>
    /// <param name="length">Bytes; a positive multiple of 4096.</param>
    /// <exception cref="UnicornException">The host can't provide it.</exception>
    public MemoryImageBuilder(ulong length)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % 4096, 0UL, nameof(length));
        _file = new MemoryFile(length);
    }

    /// <summary>Writes a part.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie wholly inside.</exception>
    public void Write(ulong offset, ReadOnlySpan<byte> content)
    {
        MemoryFile file = _file ?? throw new ObjectDisposedException(nameof(MemoryImageBuilder));
        if (offset > file.Length || (ulong)content.Length > file.Length - offset)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"0x{offset:x}+0x{content.Length:x} is outside of 0x{file.Length:x} bytes of memory");
        }

        file.Write(offset, content);
    }

    /// <summary>Ends the work.</summary>
    public MemoryImage Build()
    {
        MemoryFile file = _file ?? throw new ObjectDisposedException(nameof(MemoryImageBuilder));
        file.Seal();
        return new MemoryImage(file, []);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Release();
        _file = null;
    }
}
