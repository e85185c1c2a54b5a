using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>A text.</summary>
/// <param name="Description">What it means.</param>
/// <param name="Pattern">A regular expression that the whole text must match, or null.</param>
/// <param name="IsExpression">Whether the text is itself a regular expression, which must then be a valid one.</param>
public sealed record TextSpec(string Description, string? Pattern = null, bool IsExpression = false) : ValueSpec(Description)
{
    /// <summary>Longest text accepted.</summary>
    public const int MaximumLength = 4096;

    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        if (node is not YamlText { } text)
        {
            WrongType(node, "a text", bag);
        }
        else if (text.Value.Length is 0 or > MaximumLength)
        {
            bag.Add(node.Position, "bad-length", $"a text of 1 to {MaximumLength} characters is needed, this one has {text.Value.Length}");
        }
        else if (Pattern is not null && !Regex.IsMatch(text.Value, $"^(?:{Pattern})\\z"))
        {
            bag.Add(node.Position, "bad-value", $"'{text.Value}' doesn't match {Pattern}");
        }
        else if (IsExpression)
        {
            CheckExpression(text, bag);
        }
    }

    /// <inheritdoc/>
    protected override JsonObject Shape()
    {
        var schema = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = MaximumLength };
        if (Pattern is not null)
        {
            schema["pattern"] = $"^(?:{Pattern})$";
        }

        return schema;
    }

    private static void CheckExpression(YamlText text, DiagnosticBag bag)
    {
        try
        {
            _ = new Regex(text.Value, RegexOptions.NonBacktracking);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            bag.Add(text.Position, "bad-expression", e.Message);
        }
    }
}
