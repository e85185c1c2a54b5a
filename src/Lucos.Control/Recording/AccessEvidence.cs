namespace Lucos.Control.Recording;

/// <summary>What is known of a piece of memory that the last block before the first different one loaded from.</summary>
public enum AccessEvidence
{
    /// <summary>Memory could not be compared.</summary>
    Unknown,

    /// <summary>The record has the same there, at the next check of RAM; it may have been overwritten since.</summary>
    Agrees,

    /// <summary>The record differs there at the next check of RAM; both may have stored to it since.</summary>
    DiffersLater,

    /// <summary>The record differs there at the next check of RAM, and the replay has not stored to it since.</summary>
    Likely,

    /// <summary>The difference came from here: it is known that memory differed at this block, or with another byte the guest goes on as recorded.</summary>
    Source,
}
