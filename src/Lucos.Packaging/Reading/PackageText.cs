using Lucos.Abi.Fields;

namespace Lucos.Packaging.Reading;

/// <summary>Text from a package: ended by NUL, UTF-8, without control characters that would forge lines on a console.</summary>
internal static class PackageText
{
    public static bool TryRead(ReadOnlySpan<byte> field, out string text) =>
        FixedText.TryRead(field, out text) && !text.Any(char.IsControl);

    /// <summary>One word of printable ASCII: a version, the name of a function or a file. May be empty.</summary>
    public static bool TryReadWord(ReadOnlySpan<byte> field, out string text) =>
        FixedText.TryRead(field, out text) && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
