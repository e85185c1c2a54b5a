using System.Text;

namespace Lucos.Control.Guests;

/// <summary>
/// Everything a guest has written to its console, as text without carriage returns. When it grows past its limit the oldest
/// half is dropped; positions stay valid, what was dropped reads as empty.
/// </summary>
public sealed class ConsoleLog
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly int _limit;
    private char[] _text = new char[4096];
    private int _length;
    private long _dropped;

    /// <summary>Makes an empty log.</summary>
    /// <param name="limit">Most characters kept.</param>
    public ConsoleLog(int limit = 8 << 20) => _limit = limit;

    /// <summary>The position behind the last character.</summary>
    public long End => _dropped + _length;

    /// <summary>Adds output.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        MakeRoom(bytes.Length + 2);
        Span<char> into = _text.AsSpan(_length);
        var count = _decoder.GetChars(bytes, into, flush: false);
        foreach (var c in into[..count])
        {
            if (c != '\r')
            {
                _text[_length++] = c;
            }
        }
    }

    /// <summary>The text from a position on. Valid until the next <see cref="Append"/>.</summary>
    /// <param name="position">A value that <see cref="End"/> had.</param>
    public ReadOnlySpan<char> Since(long position) => _text.AsSpan(0, _length)[(int)Math.Clamp(position - _dropped, 0, _length)..];

    private void MakeRoom(int more)
    {
        if (_length + more > _limit)
        {
            var half = _length / 2;
            _text.AsSpan(half, _length - half).CopyTo(_text);
            _dropped += half;
            _length -= half;
        }

        if (_length + more > _text.Length)
        {
            Array.Resize(ref _text, Math.Max(_length + more, _text.Length * 2));
        }
    }
}
