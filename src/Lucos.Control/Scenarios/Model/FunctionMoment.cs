using System.Globalization;

namespace Lucos.Control.Scenarios.Model;

/// <summary>A moment in the life of a call of a kernel function.</summary>
/// <param name="Function">The function.</param>
/// <param name="Count">Which call, from 1.</param>
/// <param name="Cpu">The processor, from 0, on which the calls that count begin; null for all.</param>
public abstract record FunctionMoment(string Function, int Count, int? Cpu) : Moment
{
    /// <summary>What a title says of the processor: nothing where any will do.</summary>
    protected string OnCpu => Cpu is { } cpu ? string.Create(CultureInfo.InvariantCulture, $" on cpu {cpu}") : "";
}
