using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Memory;

/// <summary>What listeners have asked for after stores and loads of one processor, and what has not been done yet.</summary>
internal sealed class StoreBoundary
{
    private readonly List<IWriteListener> _listeners = [];
    private GuardedStore? _first;
    private GuardedStore? _stop;
    private GuardedStore? _exactStop;

    /// <summary>Whether somebody waits for the boundary.</summary>
    internal bool IsDue => _stop is not null || _exactStop is not null || _listeners.Count > 0;

    /// <summary>Keeps what a listener asked for.</summary>
    internal void Add(in GuardedStore store, IWriteListener listener, StoreReaction reaction)
    {
        if (reaction == StoreReaction.Continue)
        {
            return;
        }

        _first = IsDue ? _first ?? store : store;
        if (reaction == StoreReaction.Boundary)
        {
            Add(listener);
        }
        else if (listener.LeavesBehindInstruction)
        {
            _exactStop ??= store;
        }
        else
        {
            _stop ??= store;
        }
    }

    /// <summary>Keeps that a listener waits for the boundary, which no store is the reason for.</summary>
    internal void Add(IWriteListener listener)
    {
        if (!_listeners.Contains(listener))
        {
            _first = IsDue ? _first : null;
            _listeners.Add(listener);
        }
    }

    /// <summary>Lets everybody act who waits. Returns why to leave, or null to go on.</summary>
    internal VmExit.ProtectedWrite? Enter(Vcpu vcpu)
    {
        bool goOn = _stop is null && _exactStop is null;
        _stop = _exactStop = null;
        for (int i = 0; i < _listeners.Count; i++)
        {
            goOn &= _listeners[i].AtBoundary(vcpu);
        }

        _listeners.Clear();
        return goOn || _first is not { } first ? null : ExitFor(in first);
    }

    /// <summary>
    /// The end of the run right behind the storing instruction, if somebody asked for it. The others go on waiting for the end of the block, so
    /// that a debugger changes nothing for them.
    /// </summary>
    internal VmExit.ProtectedWrite? TakeExactStop()
    {
        if (_exactStop is not { } store)
        {
            return null;
        }

        _exactStop = null;
        return ExitFor(in store);
    }

    private static VmExit.ProtectedWrite ExitFor(in GuardedStore store) => new(store.Address, store.Size);
}
