namespace Lucos.Control.Scenarios.Model;

/// <summary>After a number of guest blocks.</summary>
/// <param name="Count">How many.</param>
public sealed record BlocksMoment(ulong Count) : Moment
{
    /// <inheritdoc/>
    public override string ToString() => $"{Count} blocks later";
}
