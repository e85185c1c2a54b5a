using System.Runtime.CompilerServices;

namespace Lucos.Abi.Fields;

/// <summary>64 bytes of NUL-terminated UTF-8 inside a shared struct.</summary>
[InlineArray(Length)]
public struct Text64
{
    /// <summary>Bytes of the field.</summary>
    public const int Length = 64;

    private byte _first;

    /// <summary>The text up to the first NUL.</summary>
    /// <param name="text">The text, or empty.</param>
    /// <returns>Whether there is a NUL and what precedes it is UTF-8.</returns>
    public readonly bool TryGet(out string text) => FixedText.TryRead(this, out text);

    /// <summary>A field that holds the text, cut at a character's boundary if it is too long, and filled with NUL.</summary>
    /// <param name="text">The text.</param>
    public static Text64 From(string text)
    {
        var field = default(Text64);
        FixedText.Write(field, text);
        return field;
    }

    /// <summary>The text, with what is not UTF-8 replaced. For showing only.</summary>
    public override readonly string ToString() => FixedText.Show(this);
}
