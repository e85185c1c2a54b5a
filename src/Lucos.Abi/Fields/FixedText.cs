using System.Text;

namespace Lucos.Abi.Fields;

/// <summary>Text in fields of fixed size: UTF-8, ended by NUL.</summary>
public static class FixedText
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the text up to the first NUL.</summary>
    /// <param name="field">The field's bytes, hostile.</param>
    /// <param name="text">The text, or empty.</param>
    /// <returns>Whether there is a NUL and what precedes it is UTF-8.</returns>
    public static bool TryRead(ReadOnlySpan<byte> field, out string text)
    {
        text = "";
        var end = field.IndexOf((byte)0);
        if (end < 0 || !System.Text.Unicode.Utf8.IsValid(field[..end]))
        {
            return false;
        }

        text = s_strict.GetString(field[..end]);
        return true;
    }

    /// <summary>The text up to the first NUL or the end, with what is not UTF-8 replaced. For showing only.</summary>
    /// <param name="field">The field's bytes.</param>
    public static string Show(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Fills the field: the text, cut at a character's boundary so that a NUL follows, then NULs.</summary>
    /// <param name="field">The field.</param>
    /// <param name="text">The text; it ends at its first NUL.</param>
    public static void Write(Span<byte> field, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        field.Clear();
        Encoding.UTF8.GetEncoder().Convert(text, field[..^1], flush: true, out _, out var written, out _);
        field[written..].Clear();
    }
}
