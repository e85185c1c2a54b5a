using System.Runtime.CompilerServices;
using Lucos.Abi;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Data;

/// <summary>Calls transfer functions. A target is as before when one fails; scratch is once <see cref="ScratchStep"/> is undone. Allocates nothing unless one fails or is checked.</summary>
internal sealed class TransferRunner
{
    private readonly IGuest _guest;
    private readonly MonitoredLoads _loads;
    private readonly Func<ulong, int, bool> _mayLoad;
    private byte[] _target = new byte[GuestLayout.PageSize];
    private Instance? _current;
    private Instance? _needed;

    public TransferRunner(IGuest guest, MonitoredLoads loads)
    {
        _guest = guest;
        _loads = loads;
        _mayLoad = MayLoad;
    }

    /// <summary>Makes the other version say what one version says. What it reads of other instances is brought up to date before.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="source">The version that is up to date.</param>
    /// <returns>Null; or why it failed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public TransferFailure? Run(Instance instance, Side source)
    {
        Instance? outer = _current;
        instance.IsInTransfer = true;
        try
        {
            while (true)
            {
                _current = instance;
                _needed = null;
                TransferFailure? failure = RunAlone(instance, source);
                if (failure is null || _needed is not { } needed)
                {
                    return failure;
                }

                if (needed.IsInTransfer)
                {
                    return new TransferFailure(
                        Refusal.TransferFailed,
                        $"{Name(instance, OtherThan(source))} reads {needed.Type.Name} 0x{needed.Old:x}, which is out of date, and whose transfer waits for this one");
                }

                if (Run(needed, needed.Written) is { } other)
                {
                    return other;
                }

                needed.Written = Side.None;
            }
        }
        finally
        {
            instance.IsInTransfer = false;
            _current = outer;
        }
    }

    private static Side OtherThan(Side side) => side == Side.Old ? Side.New : Side.Old;

    // The call ends where it may not, and is made again once that instance is up to date.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MayLoad(ulong physical, int size)
    {
        _needed ??= _loads.FindStale(physical, size, except: _current);
        return _needed is null;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TransferFailure? RunAlone(Instance instance, Side source)
    {
        Side target = OtherThan(source);
        PhysicalPiece[] pieces = instance.PiecesOf(target);
        int length = LengthOf(instance, target);
        if (_target.Length < length)
        {
            _target = new byte[length];
        }

        PhysicalPiece.Read(_guest, pieces, _target.AsSpan(0, length));
        instance.Data.Transfers++;
        TransferOutcome outcome = Call(instance, target, instance.AddressOf(source), instance.AddressOf(target), pieces);
        TransferFailure? failure = outcome.Failure is null
            ? Check(instance, target)
            : new TransferFailure(Refusal.TransferFailed, $"{Name(instance, target)}: {outcome.Failure}");
        if (failure is not null)
        {
            PhysicalPiece.Write(_guest, pieces, _target.AsSpan(0, length));
        }

        return failure;
    }

    /// <summary>Bytes of a version.</summary>
    public static int LengthOf(Instance instance, Side side) => (int)(side == Side.Old ? instance.Type.OldSize : instance.Type.NewLength);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TransferOutcome Call(Instance instance, Side target, ulong from, ulong to, PhysicalPiece[] pieces)
    {
        DataType type = instance.Type;
        return _guest.Transfer(new TransferCall(
            target == Side.Old ? type.ToOld : type.ToNew,
            from,
            to,
            pieces,
            target == Side.Old ? type.SharedHead : 0,
            target == Side.Old ? type.OldSize : type.NewLength,
            instance.Data.Stack.Start,
            instance.Data.Stack.Length,
            UpdateLimits.TransferBudgetBytes,
            ScratchOf(instance),
            _mayLoad));
    }

    private static ScratchRanges? ScratchOf(Instance instance) => instance.Data.Declared?.Types.GetValueOrDefault(instance.TypeIndex);

    private TransferFailure? Check(Instance instance, Side target)
    {
        // With scratch, a transfer made to check would link what it is declared to write to into memory that is none of the kernel's.
        if (ScratchOf(instance) is not null || instance.Data.Ledger is null || instance.Type.Fields.Count == 0 || instance.Type.ToOld == 0)
        {
            return null;
        }

        TransferFailure? failure = CheckFields(instance, target);
        if (failure is not null || target == Side.New)
        {
            return failure;
        }

        // The other way round as well: what the new version is made to say by the old one must say the same again.
        var before = new byte[instance.Type.NewLength];
        PhysicalPiece.Read(_guest, instance.NewPieces, before);
        TransferOutcome there = Call(instance, Side.New, instance.Old, instance.New, instance.NewPieces);
        failure = there.Failure is null
            ? CheckFields(instance, target)
            : new TransferFailure(Refusal.TransferFailed, $"{Name(instance, Side.New)}, to check: {there.Failure}");
        PhysicalPiece.Write(_guest, instance.NewPieces, before);
        return failure;
    }

    // The preserved fields start as their complement, so that one that is not carried over is seen.
    private TransferFailure? CheckFields(Instance instance, Side target)
    {
        DataType type = instance.Type;
        var old = new byte[type.OldSize];
        PhysicalPiece.Read(_guest, instance.OldPieces, old);
        byte[] scratch = (byte[])old.Clone();
        foreach (PreservedField field in type.Fields)
        {
            foreach (ref byte value in scratch.AsSpan((int)field.Offset, (int)field.Size))
            {
                value = (byte)~value;
            }
        }

        PhysicalPiece.Write(_guest, instance.Data.ScratchPieces, scratch);
        TransferOutcome back = Call(instance, Side.Old, instance.New, instance.Data.Scratch.Start, instance.Data.ScratchPieces);
        if (back.Failure is not null)
        {
            return new TransferFailure(Refusal.TransferFailed, $"{Name(instance, Side.Old)}, to check: {back.Failure}");
        }

        byte[] all = new byte[instance.Data.Scratch.Length];
        PhysicalPiece.Read(_guest, instance.Data.ScratchPieces, all);
        foreach (PreservedField field in type.Fields)
        {
            ReadOnlySpan<byte> expected = old.AsSpan((int)field.Offset, (int)field.Size);
            ReadOnlySpan<byte> found = all.AsSpan((int)field.Offset, (int)field.Size);
            if (!expected.SequenceEqual(found))
            {
                return new TransferFailure(
                    Refusal.Incoherent,
                    $"{Name(instance, target)} loses the field at +0x{field.Offset:x}: {Excerpt(expected)} becomes {Excerpt(found)}");
            }
        }

        return null;
    }

    private static string Name(Instance instance, Side target) =>
        $"{(target == Side.Old ? "to_old" : "to_new")} of {instance.Type.Name} 0x{instance.Old:x}";

    private static string Excerpt(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes[..Math.Min(bytes.Length, 16)]);
}
