namespace Lucos.Control.Scenarios.Model;

/// <summary>When the nth call of a function has just returned.</summary>
/// <param name="Function">The function.</param>
/// <param name="Count">Which call, from 1.</param>
/// <param name="Cpu">The processor, from 0, on which the calls that count begin; null for all.</param>
public sealed record ReturnMoment(string Function, int Count, int? Cpu = null) : FunctionMoment(Function, Count, Cpu)
{
    /// <inheritdoc/>
    public override string ToString() => $"return {Count} of {Function}{OnCpu}";
}
