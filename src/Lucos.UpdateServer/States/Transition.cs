using Lucos.Abi;

namespace Lucos.UpdateServer.States;

/// <summary>One row of the transition table.</summary>
/// <param name="Command">The command.</param>
/// <param name="Name">Its stable name, as journal, refusals and README spell it.</param>
/// <param name="Issuer">Who may run it.</param>
/// <param name="Allowed">States in which it is legal.</param>
/// <param name="Next">State after it; null: the state stays.</param>
public sealed record Transition(
    UpdateCommand Command,
    string Name,
    string Issuer,
    IReadOnlyList<UpdateState> Allowed,
    UpdateState? Next)
{
    /// <summary>Whether the command is legal in <paramref name="state"/>.</summary>
    public bool IsAllowedIn(UpdateState state) => Allowed.Contains(state);
}
