using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Stubs;

/// <summary>The activations that one update awaits now.</summary>
internal sealed class DrainSet(StubTable stubs)
{
    private readonly SortedDictionary<long, Activation> _all = [];
    private readonly Dictionary<int, Activation> _byStub = [];
    private readonly Dictionary<int, int> _inFunction = [];
    private long _nextSequence;

    /// <summary>Awaited activations, oldest first.</summary>
    public IEnumerable<Activation> All => _all.Values;

    /// <summary>How many there are.</summary>
    public int Count => _all.Count;

    /// <summary>How many of them have a stub.</summary>
    public int StubCount => _byStub.Count;

    /// <summary>How many of them stand in a function.</summary>
    public int CountIn(int function) => _inFunction.GetValueOrDefault(function);

    /// <summary>Adds an activation.</summary>
    /// <param name="context">Where it stands.</param>
    /// <param name="stub">The stub that it returns by; null for none.</param>
    /// <param name="since">When it was first reported.</param>
    public Activation Add(ContextInfo context, Stub? stub, GuestTime since)
    {
        var activation = new Activation(_nextSequence++, context, since);
        _all.Add(activation.Sequence, activation);
        _inFunction[context.Function] = CountIn(context.Function) + 1;
        if (stub is not null && _byStub.TryAdd(stub.Number, activation))
        {
            activation.Stub = stub;
            stub.Waiting++;
        }

        return activation;
    }

    /// <summary>The activation that returns by a stub.</summary>
    public bool TryFind(Stub stub, out Activation activation) => _byStub.TryGetValue(stub.Number, out activation!);

    /// <summary>Counts an activation out.</summary>
    public void Remove(Activation activation)
    {
        if (!_all.Remove(activation.Sequence))
        {
            return;
        }

        _inFunction[activation.Context.Function]--;
        if (activation.Stub is { } stub)
        {
            _byStub.Remove(stub.Number);
            stubs.Leave(stub);
        }
    }

    /// <summary>Awaits nobody any more; stubs come off the stacks.</summary>
    public void Clear()
    {
        foreach (Activation activation in _all.Values.ToList())
        {
            Remove(activation);
        }
    }
}
