namespace Lucos.Packaging.Inspection;

/// <summary>One changed data structure, for people and for JSON.</summary>
public sealed record TypeDescription
{
    /// <summary>Name of the type.</summary>
    public required string Name { get; init; }

    /// <summary>Where its instances are found: <c>variable</c> or <c>cache</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Name of the kernel's variable or of the slab cache.</summary>
    public required string Of { get; init; }

    /// <summary>Name of the update's variable that holds the new version; null for a cache.</summary>
    public required string? NewVariable { get; init; }

    /// <summary>Where the new version of an instance lies, such as <c>in-place</c>.</summary>
    public required string Placement { get; init; }

    /// <summary>How a store to an instance is carried out, such as <c>step</c>.</summary>
    public required string Interception { get; init; }

    /// <summary>When state is transferred, such as <c>on-unlock</c>.</summary>
    public required string Transfer { get; init; }

    /// <summary>Bytes of the old version.</summary>
    public required uint OldSize { get; init; }

    /// <summary>Bytes of the new version.</summary>
    public required uint NewSize { get; init; }

    /// <summary>Bytes behind the new version that belong to it.</summary>
    public required uint ExtraSize { get; init; }

    /// <summary>Bytes at the start of the old version that both versions share.</summary>
    public required uint SharedHead { get; init; }

    /// <summary>Where the lock word is, <c>+0x10</c> in the old version or the name of a variable; null when there is none.</summary>
    public required string? Lock { get; init; }

    /// <summary>Bytes of the lock word; 0 when there is none.</summary>
    public required uint LockSize { get; init; }

    /// <summary>The function that makes the new version what the old one says.</summary>
    public required string ToNew { get; init; }

    /// <summary>The other direction, or null.</summary>
    public required string? ToOld { get; init; }

    /// <summary>The function that tells whether the old version can say what the new one says, or null.</summary>
    public required string? Representable { get; init; }

    /// <summary>The function that gives back what a new version holds, or null.</summary>
    public required string? Release { get; init; }

    /// <summary>The function that moves the references, or null.</summary>
    public required string? Moved { get; init; }

    /// <summary>The variable that tells the update's code how the type stands.</summary>
    public required string State { get; init; }

    /// <summary>What no transfer may lose.</summary>
    public required IReadOnlyList<FieldDescription> Preserves { get; init; }

    /// <summary>The replaced functions that handle it; empty where the package says nothing of that, so that all are taken to.</summary>
    public required IReadOnlyList<string> HandledBy { get; init; }
}
