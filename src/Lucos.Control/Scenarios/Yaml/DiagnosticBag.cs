namespace Lucos.Control.Scenarios.Yaml;

/// <summary>Collects everything wrong with one file, so that its author sees it all at once.</summary>
public sealed class DiagnosticBag
{
    private readonly List<Diagnostic> _items = [];

    /// <summary>Makes an empty bag.</summary>
    /// <param name="file">The file's name as the user gave it.</param>
    public DiagnosticBag(string file) => File = file;

    /// <summary>The file's name as the user gave it.</summary>
    public string File { get; }

    /// <summary>What was found, in the order of the file.</summary>
    public IReadOnlyList<Diagnostic> Items => [.. _items.OrderBy(d => d.Position.Line).ThenBy(d => d.Position.Column)];

    /// <summary>Whether nothing was found.</summary>
    public bool IsEmpty => _items.Count == 0;

    /// <summary>Adds a finding.</summary>
    /// <param name="position">Where.</param>
    /// <param name="id">Stable identifier.</param>
    /// <param name="message">What is wrong and what would be right.</param>
    public void Add(SourcePosition position, string id, string message) =>
        _items.Add(new Diagnostic(File, position, id, message));
}
