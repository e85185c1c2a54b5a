using System.Text.Json.Nodes;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary><c>true</c> or <c>false</c>, written without quotes.</summary>
/// <param name="Description">What it decides.</param>
public sealed record BooleanSpec(string Description) : ValueSpec(Description)
{
    /// <summary>How yes is written.</summary>
    public const string Yes = "true";

    /// <summary>How no is written.</summary>
    public const string No = "false";

    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        if (node is not YamlText { IsPlain: true, Value: Yes or No })
        {
            WrongType(node, $"{Yes} or {No}", bag);
        }
    }

    /// <inheritdoc/>
    protected override JsonObject Shape() => new() { ["type"] = "boolean" };
}
