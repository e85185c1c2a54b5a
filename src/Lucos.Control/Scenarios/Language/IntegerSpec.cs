using System.Globalization;
using System.Text.Json.Nodes;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>A whole number written without quotes.</summary>
/// <param name="Description">What it means, with its unit.</param>
/// <param name="Minimum">Smallest value.</param>
/// <param name="Maximum">Largest value.</param>
public sealed record IntegerSpec(string Description, long Minimum, long Maximum) : ValueSpec(Description)
{
    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        if (node is not YamlText { IsPlain: true } text || !TryParse(text.Value, out var value))
        {
            WrongType(node, "a whole number", bag);
        }
        else if (value < Minimum || value > Maximum)
        {
            bag.Add(node.Position, "out-of-range", $"{value} is not within {Minimum} to {Maximum}");
        }
    }

    /// <summary>Reads a number: decimal digits, which underscores may group.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The number.</param>
    public static bool TryParse(string text, out long value) =>
        long.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    /// <inheritdoc/>
    protected override JsonObject Shape() => new() { ["type"] = "integer", ["minimum"] = Minimum, ["maximum"] = Maximum };
}
