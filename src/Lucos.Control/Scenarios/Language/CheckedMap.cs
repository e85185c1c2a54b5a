using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>Typed access to a mapping that the grammar has already accepted.</summary>
internal readonly struct CheckedMap
{
    private readonly YamlMap? _map;

    /// <summary>Wraps a mapping; an empty scalar stands for an empty mapping.</summary>
    public CheckedMap(YamlNode node) => _map = node as YamlMap;

    /// <summary>The number a scalar holds.</summary>
    public static long NumberOf(YamlText text) =>
        IntegerSpec.TryParse(text.Value, out var value) ? value : throw new InvalidOperationException($"'{text.Value}' passed as a number");

    /// <summary>The node under a key, or null.</summary>
    public YamlNode? Child(string key) => _map?.Find(key);

    /// <summary>The text under a key, or null.</summary>
    public string? Text(string key) => (Child(key) as YamlText)?.Value;

    /// <summary>The number under a key, or null.</summary>
    public long? Number(string key) => Child(key) is YamlText text ? NumberOf(text) : null;

    /// <summary>Whether the key is there and true.</summary>
    public bool Flag(string key) => Text(key) == BooleanSpec.Yes;

    /// <summary>One text or a list of them; empty if the key is absent.</summary>
    public IReadOnlyList<string> Texts(string key) => Child(key) switch
    {
        YamlText text => [text.Value],
        YamlList list => [.. list.Items.OfType<YamlText>().Select(t => t.Value)],
        _ => [],
    };

    /// <summary>The items of a list; empty if the key is absent.</summary>
    public IReadOnlyList<YamlNode> List(string key) => (Child(key) as YamlList)?.Items ?? [];

    /// <summary>The entries of a mapping; empty if the key is absent.</summary>
    public IReadOnlyList<YamlEntry> Entries(string key) => (Child(key) as YamlMap)?.Entries ?? [];
}
