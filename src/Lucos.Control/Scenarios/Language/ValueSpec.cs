using System.Text.Json.Nodes;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>
/// What a place in a scenario file may hold. One tree of these is the language's grammar: the checker, the JSON Schema and
/// the reference are all made from it. The hierarchy is closed.
/// </summary>
/// <param name="Description">What the value means, for the schema.</param>
public abstract record ValueSpec(string Description)
{
    /// <summary>Reports everything about <paramref name="node"/> that this specification doesn't allow.</summary>
    /// <param name="node">The node.</param>
    /// <param name="bag">Takes what is wrong.</param>
    public abstract void Check(YamlNode node, DiagnosticBag bag);

    /// <summary>The JSON Schema (2020-12) of the same.</summary>
    public JsonObject ToSchema()
    {
        var schema = Shape();
        schema["description"] = Description;
        return schema;
    }

    /// <summary>The schema without its description.</summary>
    protected abstract JsonObject Shape();

    /// <summary>Reports a node of the wrong kind.</summary>
    /// <param name="node">What was found.</param>
    /// <param name="expected">What would be right, with an article.</param>
    /// <param name="bag">Takes the report.</param>
    protected static void WrongType(YamlNode node, string expected, DiagnosticBag bag) =>
        bag.Add(node.Position, "wrong-type", $"expected {expected}, found {(node is YamlText t ? $"'{Shorten(t.Value)}'" : node.Kind)}");

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
