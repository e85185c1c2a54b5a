namespace Lucos.Control.Guests;

/// <summary>A command that has been typed and whose prompt has not been awaited.</summary>
/// <param name="Command">The command.</param>
/// <param name="Mark">Where the console's log ended before it.</param>
public sealed record PendingCommand(string Command, long Mark);
