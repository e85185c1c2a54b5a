using Lucos.Abi;

namespace Lucos.UpdateServer.Updates;

/// <summary>An activation that keeps an update from finishing, or from having been rolled back.</summary>
/// <param name="ThreadId">The thread.</param>
/// <param name="ThreadName">Its name.</param>
/// <param name="Function">The replaced function in which it stands.</param>
/// <param name="Frame">Frame number, 0 the innermost.</param>
/// <param name="Kind">What holds the instruction pointer.</param>
/// <param name="Rip">The instruction pointer, guest-virtual.</param>
/// <param name="SinceBlock">Block count when it was first reported.</param>
/// <param name="SinceNanoseconds">The guest's time then.</param>
/// <param name="WaitingOn">The wait queue that the thread sleeps in, as last reported; empty when it runs, or waits for a processor.</param>
public sealed record Blocker(
    uint ThreadId,
    string ThreadName,
    string Function,
    uint Frame,
    ContextKind Kind,
    ulong Rip,
    ulong SinceBlock,
    ulong SinceNanoseconds,
    string WaitingOn);
