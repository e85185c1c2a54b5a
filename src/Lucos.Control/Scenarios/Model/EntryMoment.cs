namespace Lucos.Control.Scenarios.Model;

/// <summary>Before the nth call of a function executes its first instruction, or one a little further on.</summary>
/// <param name="Function">The function.</param>
/// <param name="Count">Which call, from 1.</param>
/// <param name="Offset">Bytes behind the entry.</param>
/// <param name="Cpu">The processor, from 0, on which the calls that count begin; null for all.</param>
public sealed record EntryMoment(string Function, int Count, int Offset, int? Cpu = null) : FunctionMoment(Function, Count, Cpu)
{
    /// <inheritdoc/>
    public override string ToString() => (Offset == 0 ? $"entry {Count} of {Function}" : $"entry {Count} of {Function}+0x{Offset:x}") + OnCpu;
}
