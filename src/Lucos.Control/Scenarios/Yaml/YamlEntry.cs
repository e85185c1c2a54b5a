namespace Lucos.Control.Scenarios.Yaml;

/// <summary>One key and value of a mapping.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
public sealed record YamlEntry(YamlText Key, YamlNode Value);
