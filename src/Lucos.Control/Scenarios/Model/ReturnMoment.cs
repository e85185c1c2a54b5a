namespace Lucos.Control.Scenarios.Model;

/// <summary>When the nth call of a function has just returned.</summary>
/// <param name="Function">The function.</param>
/// <param name="Count">Which call, from 1.</param>
public sealed record ReturnMoment(string Function, int Count) : Moment
{
    /// <inheritdoc/>
    public override string ToString() => $"return {Count} of {Function}";
}
