namespace Lucos.UpdateServer.Tests.World;

/// <summary>A state-transfer function of the fake guest.</summary>
/// <returns>Null when it returns; otherwise what ended it.</returns>
public delegate string? TransferFunction(TransferMemory memory);
