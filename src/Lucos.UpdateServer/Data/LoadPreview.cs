using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Data;

/// <summary>
/// Tells what a load would find, for those who look at a guest from outside. Transfers that are put off are made for it and taken back again, so
/// the guest goes on as if nobody had looked.
/// </summary>
internal sealed class LoadPreview(ServerState state)
{
    /// <summary>Makes bytes that were read what a load would find: where they are of a version that is out of date, what its transfer would make of it.</summary>
    /// <param name="physical">Guest-physical address that they were read at.</param>
    /// <param name="bytes">The bytes, all of one page. Those of a version whose transfer fails stay as they are.</param>
    public void Overlay(ulong physical, Span<byte> bytes)
    {
        if (state.Loads.FindStale(physical, bytes.Length, except: null) is null)
        {
            return;
        }

        List<Kept> kept = Keep();
        state.Guest.BeginTransfers();
        try
        {
            while (state.Loads.FindStale(physical, bytes.Length, except: null) is { } instance)
            {
                state.Transfers.Run(instance, instance.Written);
                instance.Written = Side.None;
            }

            state.Guest.ReadPhysical(physical, bytes);
        }
        finally
        {
            state.Guest.EndTransfers();
            kept.ForEach(k => k.PutBack(state.Guest));
        }
    }

    // One transfer may need others, of other updates too.
    private List<Kept> Keep()
    {
        var kept = new List<Kept>();
        foreach (UpdateData data in state.Book.All.Select(update => update.Data).OfType<UpdateData>().Where(data => data.IsMonitored))
        {
            ulong transfers = data.Transfers;
            kept.Add(new Kept(data.StackPieces, Read(data.StackPieces), () => data.Transfers = transfers));
            kept.Add(new Kept(data.ScratchPieces, Read(data.ScratchPieces)));
            foreach (Instance instance in data.OutOfDate)
            {
                Side written = instance.Written;
                PhysicalPiece[] target = instance.PiecesOf(written == Side.Old ? Side.New : Side.Old);
                kept.Add(new Kept(target, Read(target), () => instance.Written = written));
            }
        }

        return kept;
    }

    private byte[] Read(PhysicalPiece[] pieces)
    {
        var bytes = new byte[pieces.Sum(piece => piece.Length)];
        PhysicalPiece.Read(state.Guest, pieces, bytes);
        return bytes;
    }

    private sealed record Kept(PhysicalPiece[] Pieces, byte[] Bytes, Action? More = null)
    {
        public void PutBack(IGuest guest)
        {
            PhysicalPiece.Write(guest, Pieces, Bytes);
            More?.Invoke();
        }
    }
}
