using Lucos.Abi;

namespace Lucos.Packaging;

/// <summary>Another update that a package needs or does not bear.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Name">Name of the other update.</param>
/// <param name="Version">Its version; empty for any.</param>
public sealed record PackagedDependency(DependencyKind Kind, string Name, string Version);
