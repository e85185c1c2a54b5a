using System.Text.Json.Nodes;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>A mapping with exactly one of several keys, which decides what the value may hold: a step, say.</summary>
/// <param name="Description">What is chosen.</param>
/// <param name="Alternatives">The keys and what each may hold.</param>
public sealed record AlternativesSpec(string Description, params IReadOnlyList<FieldSpec> Alternatives) : ValueSpec(Description)
{
    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        if (node is not YamlMap map || map.Entries.Count == 0)
        {
            WrongType(node, $"a mapping with one of the keys {Words}", bag);
            return;
        }

        foreach (var extra in map.Entries.Skip(1))
        {
            bag.Add(extra.Key.Position, "one-key-only", $"'{map.Entries[0].Key.Value}' was chosen already; one key is allowed here");
        }

        var chosen = map.Entries[0];
        if (Alternatives.FirstOrDefault(a => a.Key == chosen.Key.Value) is { } alternative)
        {
            alternative.Value.Check(chosen.Value, bag);
        }
        else
        {
            bag.Add(chosen.Key.Position, "unknown-key", $"'{chosen.Key.Value}' is none of: {Words}");
        }
    }

    /// <inheritdoc/>
    protected override JsonObject Shape() => new()
    {
        ["oneOf"] = new JsonArray([.. Alternatives.Select(a => (JsonNode)new ObjectSpec(a.Value.Description, a with { IsRequired = true }).ToSchema())]),
    };

    private string Words => string.Join(", ", Alternatives.Select(a => a.Key));
}
