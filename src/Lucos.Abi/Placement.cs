namespace Lucos.Abi;

/// <summary>Where the new version of an instance lies.</summary>
public enum Placement : uint
{
    /// <summary>In an object of its own, found by the old one as long as that lives; references may be moved to it when the old version is retired.</summary>
    Twin = 1,

    /// <summary>In an object of its own while both versions live, then over the old one, in whose allocation it fits.</summary>
    InPlace = 2,

    /// <summary>Beside the old one, which stays as it is: the new version has the new fields only.</summary>
    Shadow = 3,
}
