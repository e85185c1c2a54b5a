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
/// <param name="ReturnSlot">Address of the eight bytes that hold the return address of the function; 0 if it has none.</param>
/// <param name="ReturnAddress">The return address.</param>
/// <param name="WaitingOn">The wait queue that the thread sleeps in; empty when it does not.</param>
internal sealed record ContextInfo(
    ulong Slot,
    ulong Rip,
    ContextKind Kind,
    int Function,
    uint ThreadId,
    uint Depth,
    string ThreadName,
    ulong ReturnSlot,
    ulong ReturnAddress,
    string WaitingOn = "");
