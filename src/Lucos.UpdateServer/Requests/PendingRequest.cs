using Lucos.Abi;

namespace Lucos.UpdateServer.Requests;

/// <summary>A request of the operator on its way through the Update Manager.</summary>
public sealed class PendingRequest
{
    // Whoever awaits must not run inside a hypercall.
    private readonly TaskCompletionSource<RequestResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PendingRequest(ulong id, RequestKind kind, string name, ReadOnlyMemory<byte> package, ulong block, uint flags)
    {
        Id = id;
        Kind = kind;
        Name = name;
        Package = package;
        SubmittedAtBlock = block;
        Flags = flags;
    }

    /// <summary>Its number, from 1 on.</summary>
    public ulong Id { get; }

    /// <summary>What is asked for.</summary>
    public RequestKind Kind { get; }

    /// <summary>Name of the update to undo or cancel; empty for a package.</summary>
    public string Name { get; }

    /// <summary>Guest's block count when it was submitted, for timeouts in guest blocks.</summary>
    public ulong SubmittedAtBlock { get; }

    /// <summary>The request flags of <see cref="UpdateFlags"/>.</summary>
    public uint Flags { get; }

    /// <summary>Where it is.</summary>
    public RequestPhase Phase { get; private set; }

    /// <summary>Ends when the manager has answered, or the request was withdrawn. Never faults.</summary>
    public Task<RequestResult> Completion => _completion.Task;

    internal ReadOnlyMemory<byte> Package { get; }

    internal void MarkFetched() => Phase = RequestPhase.Fetched;

    internal void End(RequestPhase phase, RequestResult result)
    {
        Phase = phase;
        _completion.TrySetResult(result);
    }
}
