namespace Lucos.Control.Guests;

/// <summary>How a command in the guest's shell ended.</summary>
/// <param name="ExitStatus">Its exit status.</param>
/// <param name="Output">What was on the console meanwhile, without the echoed command and the prompt.</param>
public sealed record CommandResult(int ExitStatus, string Output);
