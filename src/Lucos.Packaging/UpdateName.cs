using System.Text.RegularExpressions;

namespace Lucos.Packaging;

/// <summary>The rules for names of updates.</summary>
public static partial class UpdateName
{
    /// <summary>The rule, as it is shown to people.</summary>
    public const string Rule = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";

    /// <summary>Whether an update may have this name.</summary>
    /// <param name="name">The name.</param>
    public static bool IsValid(string name) => Pattern().IsMatch(name);

    [GeneratedRegex("^" + Rule + "\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
