using System.Text.Json.Nodes;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>One of a fixed set of words.</summary>
/// <param name="Description">What the choice decides.</param>
/// <param name="Words">The words.</param>
public sealed record ChoiceSpec(string Description, params IReadOnlyList<string> Words) : ValueSpec(Description)
{
    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        if (node is not YamlText text)
        {
            WrongType(node, "a word", bag);
        }
        else if (!Words.Contains(text.Value))
        {
            bag.Add(node.Position, "bad-value", $"'{text.Value}' is none of: {string.Join(", ", Words)}");
        }
    }

    /// <inheritdoc/>
    protected override JsonObject Shape() => new() { ["enum"] = new JsonArray([.. Words.Select(w => (JsonNode)w)]) };
}
