using System.Text.Json.Nodes;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>A text, or a list of texts.</summary>
/// <param name="Description">What they mean.</param>
public sealed record TextsSpec(string Description) : ValueSpec(Description)
{
    private static readonly TextSpec Item = new("one text");

    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        foreach (var item in node is YamlList list ? list.Items : [node])
        {
            Item.Check(item, bag);
        }
    }

    /// <inheritdoc/>
    protected override JsonObject Shape() => new()
    {
        ["oneOf"] = new JsonArray(
            Item.ToSchema(),
            new JsonObject { ["type"] = "array", ["items"] = Item.ToSchema() }),
    };
}
