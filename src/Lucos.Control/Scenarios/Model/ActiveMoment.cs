namespace Lucos.Control.Scenarios.Model;

/// <summary>While a call of a function is under way and its thread runs something that it called.</summary>
/// <param name="Function">The function.</param>
/// <param name="Count">From which call on, from 1.</param>
public sealed record ActiveMoment(string Function, int Count) : Moment
{
    /// <inheritdoc/>
    public override string ToString() => $"{Function} active, call {Count}";
}
