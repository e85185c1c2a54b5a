namespace Lucos.Vmm.Snapshots;

/// <summary>The saved state of one <see cref="IStateful"/>.</summary>
/// <param name="Name">Its <see cref="IStateful.StateName"/>.</param>
/// <param name="Version">Its <see cref="IStateful.StateVersion"/>.</param>
/// <param name="Content">What it wrote.</param>
public sealed record StateSection(string Name, int Version, ReadOnlyMemory<byte> Content);
