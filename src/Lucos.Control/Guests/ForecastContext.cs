using Lucos.Abi;

namespace Lucos.Control.Guests;

/// <summary>Who stands in a function that would be replaced.</summary>
/// <param name="ThreadId">The thread.</param>
/// <param name="ThreadName">Its name.</param>
/// <param name="Function">The function.</param>
/// <param name="Frame">Frame number, 0 the innermost.</param>
/// <param name="Kind">What holds the instruction pointer.</param>
/// <param name="WaitingOn">The wait queue that the thread sleeps in; empty when it runs, or waits for a processor.</param>
public sealed record ForecastContext(uint ThreadId, string ThreadName, string Function, uint Frame, ContextKind Kind, string WaitingOn);
