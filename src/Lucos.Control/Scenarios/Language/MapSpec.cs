using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>A mapping whose keys the author chooses.</summary>
/// <param name="Description">What the mapping is.</param>
/// <param name="Item">What each value may hold.</param>
public sealed record MapSpec(string Description, ValueSpec Item) : ValueSpec(Description)
{
    /// <summary>What a name may look like: that of a package.</summary>
    public const string NamePattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";

    /// <summary>Whether a text is a name.</summary>
    /// <param name="text">The text.</param>
    public static bool IsName(string text) => Regex.IsMatch(text, $"^{NamePattern}\\z");

    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        if (node is not YamlMap map)
        {
            WrongType(node, "a mapping", bag);
            return;
        }

        foreach (var entry in map.Entries)
        {
            if (!IsName(entry.Key.Value))
            {
                bag.Add(entry.Key.Position, "bad-name", $"'{entry.Key.Value}' doesn't match {NamePattern}");
            }

            Item.Check(entry.Value, bag);
        }
    }

    /// <inheritdoc/>
    protected override JsonObject Shape() => new()
    {
        ["type"] = "object",
        ["propertyNames"] = new JsonObject { ["pattern"] = $"^{NamePattern}$" },
        ["additionalProperties"] = Item.ToSchema(),
    };
}
