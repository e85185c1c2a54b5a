using System.Text.Json.Nodes;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>A list with at least one item.</summary>
/// <param name="Description">What the list is.</param>
/// <param name="Item">What each item may hold.</param>
public sealed record ListSpec(string Description, ValueSpec Item) : ValueSpec(Description)
{
    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        if (node is not YamlList list)
        {
            WrongType(node, "a list", bag);
            return;
        }

        if (list.Items.Count == 0)
        {
            bag.Add(node.Position, "empty", "at least one item is needed");
        }

        foreach (var item in list.Items)
        {
            Item.Check(item, bag);
        }
    }

    /// <inheritdoc/>
    protected override JsonObject Shape() => new() { ["type"] = "array", ["minItems"] = 1, ["items"] = Item.ToSchema() };
}
