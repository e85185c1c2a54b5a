namespace Lucos.Abi;

/// <summary>Kinds of <see cref="PackageDependency"/>.</summary>
public enum DependencyKind : uint
{
    /// <summary>The named update must be applied already.</summary>
    DependsOn = 1,

    /// <summary>The named update must not be applied.</summary>
    ConflictsWith = 2,
}
