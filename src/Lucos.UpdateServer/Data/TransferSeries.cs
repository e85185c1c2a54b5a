using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Data;

/// <summary>Many transfers while the guest stands still. An update without instances needs no processor for them.</summary>
internal readonly struct TransferSeries : IDisposable
{
    private readonly IGuest? _guest;

    private TransferSeries(IGuest? guest)
    {
        _guest = guest;
        _guest?.BeginTransfers();
    }

    /// <summary>Begins one, until it is disposed of.</summary>
    public static TransferSeries Begin(IGuest guest, LiveUpdate update) => new(update.Data is { Instances.Count: > 0 } ? guest : null);

    public void Dispose() => _guest?.EndTransfers();
}
