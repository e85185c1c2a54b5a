using Lucos.Abi;

namespace Lucos.Control.Guests;

/// <summary>What the Update Manager answered to an operator's request.</summary>
/// <param name="Refusal">Why it was refused, or <see cref="Refusal.None"/>.</param>
/// <param name="UpdateId">The update it concerns, or 0.</param>
/// <param name="Detail">What the Update Manager says about it.</param>
/// <param name="Forecast">Of a check: what applying the package would meet, to be read by <see cref="Guests.Forecast"/>; else empty.</param>
public sealed record RequestAnswer(Refusal Refusal, uint UpdateId, string Detail, string Forecast = "");
