namespace Lucos.Control.Scenarios.Model;

/// <summary>As soon as a text is on the console.</summary>
/// <param name="Text">The text.</param>
public sealed record ConsoleMoment(string Text) : Moment
{
    /// <inheritdoc/>
    public override string ToString() => $"console '{Text}'";
}
