using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Apply or undo an update, or have one checked.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
/// <param name="Verb">What is asked.</param>
/// <param name="Target">The package's name (apply, check) or the update's (undo).</param>
/// <param name="ViaGuest">Whether lucosctl in the guest asks; else the operator.</param>
/// <param name="VerifyCoherence">For apply: whether every transfer is checked, and every store to its data kept in the ledger.</param>
/// <param name="At">When, or null for at once.</param>
/// <param name="During">A command typed before the moment is awaited, or null.</param>
/// <param name="Expect">The state, <c>accepted</c>, or identifier of the refusal that it must end with.</param>
/// <param name="Details">Texts that the explanation must contain.</param>
public sealed record UpdateStep(
    SourcePosition Position,
    ulong Budget,
    UpdateVerb Verb,
    string Target,
    bool ViaGuest,
    bool VerifyCoherence,
    Moment? At,
    string? During,
    string Expect,
    IReadOnlyList<string> Details)
    : ScenarioStep(Position, Budget);
