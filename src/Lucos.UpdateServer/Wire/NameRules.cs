using System.Text;
using Lucos.Abi;
using Lucos.Abi.Fields;

namespace Lucos.UpdateServer.Wire;

/// <summary>Checks the texts that the guest hands over.</summary>
internal static class NameRules
{
    /// <summary>Name of an update: a letter or digit, then letters, digits, '.', '_', '-'; 63 at most.</summary>
    public static string UpdateName(in Text64 field)
    {
        if (!field.TryGet(out string name) || !IsUpdateName(name))
        {
            throw new RefusedException(Refusal.BadArgument, "name of the update: not [A-Za-z0-9][A-Za-z0-9._-]{0,62}");
        }

        return name;
    }

    /// <summary>Whether a text can name an update.</summary>
    public static bool IsUpdateName(string name) =>
        name.Length is > 0 and <= (int)UpdateLimits.MaxNameLength
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>Version of an update: printable ASCII without blanks, may be empty.</summary>
    public static string Version(in Text32 field) =>
        field.TryGet(out string version) && IsPrintable(version)
            ? version
            : throw new RefusedException(Refusal.BadArgument, "version of the update: not printable ASCII ended by NUL");

    /// <summary>Name of a function: printable ASCII without blanks.</summary>
    public static string FunctionName(in Text64 field, int index) =>
        field.TryGet(out string name) && name.Length > 0 && IsPrintable(name)
            ? name
            : throw new RefusedException(Refusal.BadArgument, $"name of function {index}: not printable ASCII ended by NUL");

    /// <summary>Name of a type: printable ASCII without blanks.</summary>
    public static string TypeName(in Text32 field) =>
        field.TryGet(out string name) && name.Length > 0 && IsPrintable(name)
            ? name
            : throw new RefusedException(Refusal.BadArgument, "name of a type: not printable ASCII ended by NUL");

    /// <summary>Text that ends up on terminals and in logs: nothing in it may act there.</summary>
    public static string Printable(string text) => string.Concat(text.Select(c => c is >= ' ' and < '\x7f' ? c : '?'));

    /// <summary>Text of several lines, of fields between tabs.</summary>
    public static string PrintableLines(ReadOnlySpan<byte> text)
    {
        var lines = new StringBuilder(text.Length);
        foreach (byte value in text)
        {
            lines.Append(value is (>= (byte)' ' and < 0x7f) or (byte)'\t' or (byte)'\n' ? (char)value : '?');
        }

        return lines.ToString();
    }

    private static bool IsPrintable(string text) => text.All(c => c is > ' ' and < '\x7f');
}
