namespace Lucos.Control.Recording;

/// <summary>What is known of a piece of memory that the block before the first different one loaded from.</summary>
public enum AccessEvidence
{
    /// <summary>Memory could not be compared.</summary>
    Unknown,

    /// <summary>The record has the same there, at the next check of RAM.</summary>
    Agrees,

    /// <summary>The record differs there at the next check of RAM; it may have come to do so behind the first different block.</summary>
    DiffersLater,

    /// <summary>The record differs there, and the replay has not stored to it since: the difference came from here.</summary>
    Source,
}
