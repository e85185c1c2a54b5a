using System.Buffers;
using System.Globalization;
using System.Text;

namespace Lucos.Control.Debugging.Protocol;

/// <summary>Reads the parts of a packet one after the other. What is not as expected is no error here: the question is answered with false.</summary>
public ref struct PacketText
{
    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private ReadOnlySpan<byte> _left;

    /// <summary>Begins to read.</summary>
    /// <param name="payload">The packet's payload.</param>
    public PacketText(ReadOnlySpan<byte> payload) => _left = payload;

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _left;

    /// <summary>Whether all has been read.</summary>
    public readonly bool IsAtEnd => _left.IsEmpty;

    /// <summary>Reads a text, if it comes next.</summary>
    public bool TrySkip(ReadOnlySpan<byte> text)
    {
        if (!_left.StartsWith(text))
        {
            return false;
        }

        _left = _left[text.Length..];
        return true;
    }

    /// <summary>Reads a hexadecimal number of at most 16 digits.</summary>
    public bool TryReadNumber(out ulong value)
    {
        var length = _left.IndexOfAnyExcept(s_digits);
        length = length < 0 ? _left.Length : length;
        if (length is 0 or > 16)
        {
            value = 0;
            return false;
        }

        value = ulong.Parse(_left[..length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        _left = _left[length..];
        return true;
    }

    /// <summary>Reads the bytes that the rest of the packet gives in hexadecimal.</summary>
    public readonly bool TryReadBytes(out byte[] bytes)
    {
        bytes = [];
        if (_left.Length % 2 != 0 || _left.ContainsAnyExcept(s_digits))
        {
            return false;
        }

        bytes = Convert.FromHexString(Encoding.ASCII.GetString(_left));
        return true;
    }
}
