using Lucos.Control.Guests;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Recording;

/// <summary>Notes the first and the last store to each of some pages.</summary>
internal sealed class PageStoreObserver(VmmGuest guest) : IWriteListener
{
    private readonly Dictionary<ulong, (GuardedStore Store, ulong Block)> _first = [];
    private readonly Dictionary<ulong, (GuardedStore Store, ulong Block)> _last = [];

    public StoreReaction OnStore(in GuardedStore store)
    {
        var page = store.Address.Value & ~0xfffUL;
        _last[page] = (store, guest.Blocks);
        _first.TryAdd(page, _last[page]);
        return StoreReaction.Continue;
    }

    internal PageStore? First(ulong page) => _first.TryGetValue(page, out var found) ? Tell(found) : null;

    internal PageStore? Last(ulong page) => _last.TryGetValue(page, out var found) ? Tell(found) : null;

    private PageStore Tell((GuardedStore Store, ulong Block) found) =>
        new(found.Block, found.Store.Cpu, found.Store.Rip, guest.DescribeCode(found.Store.Rip));
}
