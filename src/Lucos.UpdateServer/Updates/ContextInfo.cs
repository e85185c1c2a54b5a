using Lucos.Abi;

namespace Lucos.UpdateServer.Updates;

/// <summary>A saved instruction pointer that the manager found in a function, checked.</summary>
/// <param name="Slot">Address of the eight bytes that hold it.</param>
/// <param name="Rip">The instruction pointer.</param>
/// <param name="Kind">What kind of slot it is.</param>
/// <param name="Function">Index of the function.</param>
/// <param name="ThreadId">The thread.</param>
/// <param name="Depth">Frame number, 0 the innermost.</param>
/// <param name="ThreadName">The thread's name.</param>
internal sealed record ContextInfo(ulong Slot, ulong Rip, ContextKind Kind, int Function, uint ThreadId, uint Depth, string ThreadName);
