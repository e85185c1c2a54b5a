namespace Lucos.Control.Packages;

/// <summary>Where packages come from by name.</summary>
public interface IPackageSource
{
    /// <summary>The bytes of a built package.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="Results.LucosException">There is none.</exception>
    byte[] Load(string name);
}
