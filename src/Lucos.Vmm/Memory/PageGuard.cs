namespace Lucos.Vmm.Memory;

/// <summary>Who listens to a page. Never changed: many pages share one.</summary>
internal sealed class PageGuard
{
    private readonly StoreMethod[] _methods;

    internal PageGuard(IWriteListener[] listeners, StoreMethod[] methods)
    {
        Listeners = listeners;
        _methods = methods;
        Method = methods.Max();
    }

    /// <summary>In the order in which they came.</summary>
    internal IWriteListener[] Listeners { get; }

    /// <summary>How stores to the page are carried out: by the most exact method that a listener asked for.</summary>
    internal StoreMethod Method { get; }

    /// <summary>Whether a listener that asked for stepping wants it for this store.</summary>
    internal bool NeedsStep(GuestPhysicalAddress address, int size)
    {
        for (int i = 0; i < Listeners.Length; i++)
        {
            if (_methods[i] == StoreMethod.Step && Listeners[i].NeedsStep(address, size))
            {
                return true;
            }
        }

        return false;
    }

    internal bool Has(IWriteListener listener) => Array.IndexOf(Listeners, listener) >= 0;

    internal PageGuard With(IWriteListener listener, StoreMethod method) => new([.. Listeners, listener], [.. _methods, method]);

    internal PageGuard? Without(IWriteListener listener)
    {
        int at = Array.IndexOf(Listeners, listener);
        return Listeners.Length == 1
            ? null
            : new PageGuard([.. Listeners[..at], .. Listeners[(at + 1)..]], [.. _methods[..at], .. _methods[(at + 1)..]]);
    }
}
