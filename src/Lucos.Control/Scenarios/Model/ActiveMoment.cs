namespace Lucos.Control.Scenarios.Model;

/// <summary>While a call of a function is under way and its thread runs something that it called.</summary>
/// <param name="Function">The function.</param>
/// <param name="Count">From which call on, from 1.</param>
/// <param name="Cpu">The processor, from 0, on which the calls that count begin; null for all.</param>
public sealed record ActiveMoment(string Function, int Count, int? Cpu = null) : FunctionMoment(Function, Count, Cpu)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Function} active, call {Count}{OnCpu}";
}
