using Lucos.Abi;

namespace Lucos.Packaging;

/// <summary>A data structure that a package changes.</summary>
public sealed record PackagedType
{
    /// <summary>Name of the type.</summary>
    public required string Name { get; init; }

    /// <summary>Where its instances are found.</summary>
    public required InstanceSource Source { get; init; }

    /// <summary>Where the new version of an instance lies.</summary>
    public required Placement Placement { get; init; }

    /// <summary>How a store to an instance is carried out.</summary>
    public required Interception Interception { get; init; }

    /// <summary>When state is transferred.</summary>
    public required TransferPoint Transfer { get; init; }

    /// <summary>Whether state is transferred when the update is applied and when it is rolled back, and not in between.</summary>
    public bool IsOnce => Transfer == TransferPoint.Once;

    /// <summary>Whether both versions are kept coherent while both live.</summary>
    public bool IsMonitored => Placement != Placement.Shadow && !IsOnce;

    /// <summary>Bytes of the old version.</summary>
    public required uint OldSize { get; init; }

    /// <summary>Bytes of the new version.</summary>
    public required uint NewSize { get; init; }

    /// <summary>Bytes behind the new version that belong to it.</summary>
    public required uint ExtraSize { get; init; }

    /// <summary>Bytes at the start of the old version that both versions share there.</summary>
    public required uint SharedHead { get; init; }

    /// <summary>Offset of the lock word in the old version; null when it is not there.</summary>
    public required uint? LockOffset { get; init; }

    /// <summary>Bytes of the lock word; 0 when there is none.</summary>
    public required uint LockSize { get; init; }

    /// <summary>The lock word when it is not in the instance; else null.</summary>
    public required DataPlace? Lock { get; init; }

    /// <summary>Name of the slab cache; empty for a variable.</summary>
    public required string Cache { get; init; }

    /// <summary>Name of a slab cache to whose objects the transfers may write too; empty for none.</summary>
    public required string ScratchCache { get; init; }

    /// <summary>The kernel's variable; null for a cache.</summary>
    public required DataPlace? OldVariable { get; init; }

    /// <summary>The update's variable; null for a cache.</summary>
    public required DataPlace? NewVariable { get; init; }

    /// <summary>Makes the new version what the old one says.</summary>
    public required CodePlace ToNew { get; init; }

    /// <summary>The other direction; null for a shadow.</summary>
    public required CodePlace? ToOld { get; init; }

    /// <summary>Tells whether the old version can say what the new one says; null: it always can.</summary>
    public required CodePlace? Representable { get; init; }

    /// <summary>Gives back what a new version holds; null: it holds nothing.</summary>
    public required CodePlace? Release { get; init; }

    /// <summary>Moves the references to the new version; null: the old version stays as its handle.</summary>
    public required CodePlace? Moved { get; init; }

    /// <summary>The update's variable that tells its code how the type stands.</summary>
    public required DataPlace State { get; init; }
}
