using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>A rule that a changed data structure breaks.</summary>
internal sealed record TypeFault(Refusal Refusal, string Detail);
