namespace Lucos.Control.Scenarios.Yaml;

/// <summary>A node of a YAML document with its place in the file. The hierarchy is closed.</summary>
/// <param name="Position">Where the node begins.</param>
public abstract record YamlNode(SourcePosition Position)
{
    /// <summary>How an error message calls this kind of node.</summary>
    public abstract string Kind { get; }
}
