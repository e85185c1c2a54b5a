namespace Lucos.Control.Sockets;

/// <summary>Reads lines of bounded length from a peer that is not trusted.</summary>
public sealed class LineReader
{
    /// <summary>Most bytes of a line, its end not counted.</summary>
    public const int MaximumLength = 1 << 20;

    private readonly Stream _stream;
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Makes a reader.</summary>
    /// <param name="stream">The stream; stays the caller's.</param>
    public LineReader(Stream stream) => _stream = stream;

    /// <summary>Reads a line.</summary>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Its bytes without the line feed, valid until the next call, or null at the end. A last line without line feed is dropped.</returns>
    /// <exception cref="LineTooLongException">It is longer than <see cref="MaximumLength"/>.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancel)
    {
        var searched = 0;
        while (true)
        {
            var at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + at);
                _start += searched + at + 1;
                return line.Length > MaximumLength ? throw new LineTooLongException() : line;
            }

            searched = _end - _start;
            if (searched > MaximumLength)
            {
                throw new LineTooLongException();
            }

            MakeRoom();
            var count = await _stream.ReadAsync(_buffer.AsMemory(_end), cancel).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            _end += count;
        }
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}
