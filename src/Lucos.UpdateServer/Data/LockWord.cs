namespace Lucos.UpdateServer.Data;

/// <summary>A lock outside of the instances that it guards.</summary>
/// <param name="piece">Where it lies.</param>
internal sealed class LockWord(PhysicalPiece piece)
{
    public PhysicalPiece Piece { get; } = piece;

    /// <summary>Instances that were written since it was last seen free.</summary>
    public List<Instance> Written { get; } = [];
}
