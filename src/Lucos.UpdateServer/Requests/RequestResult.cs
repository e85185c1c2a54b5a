using Lucos.Abi;

namespace Lucos.UpdateServer.Requests;

/// <summary>How an operator's request ended.</summary>
/// <param name="Refusal"><see cref="Abi.Refusal.None"/> if it was done.</param>
/// <param name="UpdateId">The update that it concerned; 0 if there is none.</param>
/// <param name="Detail">The manager's words; may be empty.</param>
/// <param name="Forecast">Of a check: what applying the package would meet, lines of fields between tabs; else empty.</param>
public sealed record RequestResult(Refusal Refusal, uint UpdateId, string Detail, string Forecast = "")
{
    /// <summary>Whether what was asked for was done.</summary>
    public bool IsDone => Refusal == Refusal.None;
}
