using Lucos.Abi;

namespace Lucos.Control.Guests;

/// <summary>An operator's request that the Update Manager has not answered.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Kind">What is asked.</param>
/// <param name="Name">Name of the update or package.</param>
/// <param name="IsTaken">Whether the Update Manager works on it: then it can't be withdrawn any more.</param>
/// <param name="SinceBlock">Guest's block count when it was submitted.</param>
public sealed record OpenRequest(ulong Id, RequestKind Kind, string Name, bool IsTaken, ulong SinceBlock);
