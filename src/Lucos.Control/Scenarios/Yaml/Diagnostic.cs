namespace Lucos.Control.Scenarios.Yaml;

/// <summary>One thing wrong with a scenario file.</summary>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Position">Where in the file.</param>
/// <param name="Id">A stable identifier such as <c>unknown-key</c>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record Diagnostic(string File, SourcePosition Position, string Id, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Position}: {Id}: {Message}";
}
