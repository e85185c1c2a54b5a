using System.Runtime.CompilerServices;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Transactions;

namespace Lucos.UpdateServer.Data;

/// <summary>Makes one version of an instance from the other.</summary>
internal sealed class TransferStep(IGuest guest, TransferRunner transfers, Instance instance, Side source) : IUndoable
{
    private byte[]? _target;
    private Side _written;

    public StepKind Kind => StepKind.Transfer;

    private Side Target => source == Side.Old ? Side.New : Side.Old;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Do()
    {
        var target = new byte[TransferRunner.LengthOf(instance, Target)];
        PhysicalPiece.Read(guest, instance.PiecesOf(Target), target);
        _target = target;
        _written = instance.Written;
        if (transfers.Run(instance, source) is { } failure)
        {
            throw new TransferFailedException(failure, instance);
        }

        instance.Written = Side.None;
    }

    public void Undo()
    {
        if (_target is not null)
        {
            PhysicalPiece.Write(guest, instance.PiecesOf(Target), _target);
            instance.Written = _written;
        }
    }

    public override string ToString() => $"transfer of {instance.Type.Name} 0x{instance.Old:x}";
}
