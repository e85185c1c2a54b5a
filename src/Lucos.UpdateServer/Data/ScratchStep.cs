using Lucos.UpdateServer.Transactions;

namespace Lucos.UpdateServer.Data;

/// <summary>Stands before all transfers that may store to scratch: undone behind them, it puts back what lay there.</summary>
internal sealed class ScratchStep(UpdateScratch scratch) : IUndoable
{
    public StepKind Kind => StepKind.Workspace;

    public void Do()
    {
        // The journal fills as the transfers store.
    }

    public void Undo() => scratch.Journal.Restore();

    public override string ToString() => "stores to scratch";
}
