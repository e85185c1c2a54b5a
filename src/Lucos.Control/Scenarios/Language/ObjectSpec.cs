using System.Text.Json.Nodes;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>A mapping with known keys. Where no key is required, an empty value stands for an empty mapping.</summary>
/// <param name="Description">What the object is.</param>
/// <param name="Fields">Its keys.</param>
public sealed record ObjectSpec(string Description, params IReadOnlyList<FieldSpec> Fields) : ValueSpec(Description)
{
    /// <inheritdoc/>
    public override void Check(YamlNode node, DiagnosticBag bag)
    {
        if (node is YamlText { IsPlain: true, Value: "" } && !Fields.Any(f => f.IsRequired))
        {
            return;
        }

        if (node is not YamlMap map)
        {
            WrongType(node, "a mapping", bag);
            return;
        }

        CheckKeys(map, bag);
        foreach (var missing in Fields.Where(f => f.IsRequired && map.Find(f.Key) is null))
        {
            bag.Add(map.Position, "missing-key", $"'{missing.Key}' is needed: {missing.Value.Description}");
        }
    }

    /// <inheritdoc/>
    protected override JsonObject Shape() => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["required"] = new JsonArray([.. Fields.Where(f => f.IsRequired).Select(f => (JsonNode)f.Key)]),
        ["properties"] = new JsonObject(Fields.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value.ToSchema()))),
    };

    private void CheckKeys(YamlMap map, DiagnosticBag bag)
    {
        foreach (var entry in map.Entries)
        {
            if (Fields.FirstOrDefault(f => f.Key == entry.Key.Value) is { } field)
            {
                field.Value.Check(entry.Value, bag);
            }
            else
            {
                bag.Add(entry.Key.Position, "unknown-key", $"'{entry.Key.Value}' is none of: {string.Join(", ", Fields.Select(f => f.Key))}");
            }
        }
    }
}
