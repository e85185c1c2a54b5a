namespace Lucos.Control.Scenarios.Yaml;

/// <summary>A sequence.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="Items">Its items in order.</param>
public sealed record YamlList(SourcePosition Position, IReadOnlyList<YamlNode> Items) : YamlNode(Position)
{
    /// <inheritdoc/>
    public override string Kind => "a list";
}
