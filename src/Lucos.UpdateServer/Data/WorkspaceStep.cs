using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Transactions;

namespace Lucos.UpdateServer.Data;

/// <summary>Remembers what lay in the memory that transfers work in, so that a failing one leaves no trace.</summary>
internal sealed class WorkspaceStep(IGuest guest, UpdateData data) : IUndoable
{
    private readonly byte[] _stack = new byte[data.Stack.Length];
    private readonly byte[] _scratch = new byte[data.Scratch.Length];
    private bool _isKept;

    public StepKind Kind => StepKind.Workspace;

    public void Do()
    {
        PhysicalPiece.Read(guest, data.StackPieces, _stack);
        PhysicalPiece.Read(guest, data.ScratchPieces, _scratch);
        _isKept = true;
    }

    public void Undo()
    {
        if (_isKept)
        {
            PhysicalPiece.Write(guest, data.StackPieces, _stack);
            PhysicalPiece.Write(guest, data.ScratchPieces, _scratch);
        }
    }

    public override string ToString() => $"stack at 0x{data.Stack.Start:x}";
}
