namespace Lucos.UpdateServer.Data;

/// <summary>The declared scratch of all types of an update, for the one hypercall that it was listed in.</summary>
/// <param name="Journal">What lay there before it was stored to.</param>
/// <param name="Types">The ranges, by index of the type; a type that has none is not there.</param>
internal sealed record UpdateScratch(ScratchJournal Journal, IReadOnlyDictionary<int, ScratchRanges> Types);
