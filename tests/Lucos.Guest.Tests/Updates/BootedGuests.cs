using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Updates;

/// <summary>Guests that have booted, each in no time: copies of one that did. Only the newest kind is kept.</summary>
internal sealed class BootedGuests : IDisposable
{
    private (int Cpus, ulong Seed) _kind;
    private IGuestSnapshot? _snapshot;

    internal UpdatableGuest Take(int cpus, ulong seed)
    {
        if (_snapshot is null || _kind != (cpus, seed))
        {
            _snapshot?.Dispose();
            using var guest = new UpdatableGuest(seed, cpus);
            _snapshot = guest.Guest.TakeSnapshot();
            _kind = (cpus, seed);
        }

        return new UpdatableGuest(_snapshot);
    }

    public void Dispose() => _snapshot?.Dispose();
}
