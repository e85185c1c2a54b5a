namespace Lucos.Control.Scenarios.Yaml;

/// <summary>A scalar.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="Value">Its text, unquoted.</param>
/// <param name="IsPlain">Whether it was written without quotes (only then may it be a number or a truth value).</param>
public sealed record YamlText(SourcePosition Position, string Value, bool IsPlain) : YamlNode(Position)
{
    /// <inheritdoc/>
    public override string Kind => "a text";
}
