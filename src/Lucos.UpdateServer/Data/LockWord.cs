namespace Lucos.UpdateServer.Data;

/// <summary>A lock outside of the instances that it guards.</summary>
/// <param name="piece">Where it lies.</param>
internal sealed class LockWord(PhysicalPiece piece)
{
    public PhysicalPiece Piece { get; } = piece;

    /// <summary>Whether its page counts it as a reason to be monitored.</summary>
    public bool IsWatched { get; set; }

    /// <summary>Instances that were written since it was last seen free.</summary>
    public List<Instance> Written { get; } = [];
}
