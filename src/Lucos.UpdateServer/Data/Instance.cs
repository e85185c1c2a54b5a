using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Data;

/// <summary>Both versions of one instance of a changed data structure.</summary>
internal sealed class Instance(LiveUpdate update, int typeIndex, ulong old, ulong @new, PhysicalPiece[] oldPieces, PhysicalPiece[] newPieces)
{
    public LiveUpdate Update { get; } = update;

    public int TypeIndex { get; } = typeIndex;

    public UpdateData Data => Update.Data!;

    public DataType Type => Data.Types[TypeIndex];

    /// <summary>Guest-virtual address of the old version.</summary>
    public ulong Old { get; } = old;

    /// <summary>Guest-virtual address of the new version.</summary>
    public ulong New { get; } = @new;

    public PhysicalPiece[] OldPieces { get; } = oldPieces;

    public PhysicalPiece[] NewPieces { get; } = newPieces;

    /// <summary>The version that has been written since the last transfer.</summary>
    public Side Written { get; set; }

    /// <summary>Whether it waits for the next boundary.</summary>
    public bool IsDue { get; set; }

    /// <summary>Whether one version is being made from the other.</summary>
    public bool IsInTransfer { get; set; }

    /// <summary>Whether its pages count it as a reason to be monitored.</summary>
    public bool IsWatched { get; set; }

    /// <summary>Whether whoever reads a version has to wait for a transfer that was put off.</summary>
    public bool IsOutOfDate(Side side) => Written != Side.None && Written != side && Type.IsLazy;

    /// <summary>Guest-virtual address of a version.</summary>
    public ulong AddressOf(Side side) => side == Side.Old ? Old : New;

    /// <summary>RAM of a version.</summary>
    public PhysicalPiece[] PiecesOf(Side side) => side == Side.Old ? OldPieces : NewPieces;
}
