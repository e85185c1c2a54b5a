using Lucos.Abi;

namespace Lucos.UpdateServer.Events;

/// <summary>What one update has to tell its manager. A guest that never asks can't make it grow: the oldest departures are dropped, and counted.</summary>
internal sealed class EventQueue
{
    /// <summary>Most events that wait.</summary>
    public const int Capacity = 4096;

    private readonly LinkedList<UpdateEvent> _events = new();

    /// <summary>Events that wait, oldest first.</summary>
    public IEnumerable<UpdateEvent> Waiting => _events;

    /// <summary>How many wait.</summary>
    public int Count => _events.Count;

    /// <summary>Events that were dropped so far.</summary>
    public ulong Dropped { get; private set; }

    /// <summary>Adds an event.</summary>
    public void Add(UpdateEvent happened)
    {
        _events.AddLast(happened);
        if (_events.Count <= Capacity)
        {
            return;
        }

        for (LinkedListNode<UpdateEvent>? at = _events.First; at is not null; at = at.Next)
        {
            if (at.Value.Kind == (uint)UpdateEventKind.FunctionLeft)
            {
                _events.Remove(at);
                Dropped++;
                return;
            }
        }

        _events.RemoveFirst();
        Dropped++;
    }

    /// <summary>Takes the oldest ones out.</summary>
    public void Take(int count)
    {
        for (; count > 0 && _events.Count > 0; count--)
        {
            _events.RemoveFirst();
        }
    }

    /// <summary>Nobody will ask any more.</summary>
    public void Clear() => _events.Clear();

    /// <summary>Puts it into the state in which a snapshot holds it.</summary>
    public void Restore(IEnumerable<UpdateEvent> events, ulong dropped)
    {
        _events.Clear();
        foreach (UpdateEvent happened in events)
        {
            _events.AddLast(happened);
        }

        Dropped = dropped;
    }
}
