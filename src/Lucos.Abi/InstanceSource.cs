namespace Lucos.Abi;

/// <summary>Where the instances of a changed data structure are found.</summary>
public enum InstanceSource : uint
{
    /// <summary>One variable of the kernel; its new version is a variable of the update.</summary>
    Variable = 1,

    /// <summary>All objects of a slab cache, those that are allocated and freed while the update is under way too.</summary>
    Cache = 2,
}
