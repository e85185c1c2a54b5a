using System.Text.RegularExpressions;
using Lucos.Abi;
using Lucos.UpdateServer.Updates;

namespace Lucos.Control.Guests;

/// <summary>Asks for updates, from inside the guest or from outside, and waits for what becomes of them.</summary>
public sealed partial class UpdateDriver
{
    private readonly GuestSession _session;

    /// <summary>Makes a driver.</summary>
    /// <param name="session">The guest.</param>
    public UpdateDriver(GuestSession session) => _session = session;

    /// <summary>Asks through the doorbell, and lets the guest run until the Update Manager has answered.</summary>
    /// <param name="kind">What is asked.</param>
    /// <param name="name">Name of the update or package.</param>
    /// <param name="package">The package, or empty.</param>
    /// <param name="budget">Blocks allowed.</param>
    /// <param name="verifyCoherence">For apply: keep the coherence ledger of its data, and check every transfer.</param>
    public RequestAnswer AskAsOperator(RequestKind kind, string name, ReadOnlyMemory<byte> package, ulong budget, bool verifyCoherence = false)
    {
        var request = _session.Guest.Submit(kind, name, package, verifyCoherence);
        RequestAnswer? answer = null;
        _session.Await($"the Update Manager's answer about {name}", () => (answer ??= _session.Guest.AnswerTo(request)) is not null, budget);
        return answer!;
    }

    /// <summary>Asks by lucosctl in the guest's shell, which must be at its prompt.</summary>
    /// <param name="kind">What is asked.</param>
    /// <param name="argument">A file in the guest, or the name of an update.</param>
    /// <param name="budget">Blocks allowed.</param>
    /// <param name="verifyCoherence">For apply: keep the coherence ledger of its data, and check every transfer.</param>
    public RequestAnswer AskInGuest(RequestKind kind, string argument, ulong budget, bool verifyCoherence = false)
    {
        var option = verifyCoherence ? "--verify-coherence " : "";
        var result = _session.Run($"lucosctl {kind.ToString().ToLowerInvariant()} {option}{argument}", budget);
        var detail = result.Output.Trim();
        if (result.ExitStatus == 0)
        {
            return new RequestAnswer(Refusal.None, 0, detail);
        }

        var named = RefusalLine().Match(detail);
        return named.Success && Refusals.TryParse(named.Groups[1].Value, out var refusal)
            ? new RequestAnswer(refusal, 0, detail)
            : throw new InvalidDataException($"lucosctl ended with {result.ExitStatus} and named no refusal: '{detail}'");
    }

    [GeneratedRegex(@"\brefused: ([a-z-]+)")]
    private static partial Regex RefusalLine();

    /// <summary>The youngest update of a name, or null.</summary>
    /// <param name="name">The name.</param>
    public UpdateInfo? Find(string name) => _session.Guest.Updates.LastOrDefault(u => u.Name == name);

    /// <summary>Lets the guest run until an update is in a state.</summary>
    /// <param name="name">The update.</param>
    /// <param name="state">The state.</param>
    /// <param name="budget">Blocks allowed.</param>
    public void AwaitState(string name, UpdateState state, ulong budget) =>
        _session.Await($"{name} to be {state}", () => Find(name)?.State == state, budget);
}
