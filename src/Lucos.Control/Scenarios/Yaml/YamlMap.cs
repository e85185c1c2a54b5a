namespace Lucos.Control.Scenarios.Yaml;

/// <summary>A mapping with text keys, no key twice.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="Entries">Its entries in the order of the file.</param>
public sealed record YamlMap(SourcePosition Position, IReadOnlyList<YamlEntry> Entries) : YamlNode(Position)
{
    /// <inheritdoc/>
    public override string Kind => "a mapping";

    /// <summary>The value under a key, or null.</summary>
    /// <param name="key">The key.</param>
    public YamlNode? Find(string key) => Entries.FirstOrDefault(e => e.Key.Value == key)?.Value;
}
