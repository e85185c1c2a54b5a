namespace Lucos.UpdateServer.Transactions;

/// <summary>A change that can be taken back, also when it threw halfway.</summary>
internal interface IUndoable
{
    /// <summary>What it changes.</summary>
    StepKind Kind { get; }

    /// <summary>Makes the change.</summary>
    void Do();

    /// <summary>Takes it back.</summary>
    void Undo();
}
