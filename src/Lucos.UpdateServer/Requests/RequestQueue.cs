using Lucos.Abi;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Requests;

/// <summary>Requests that the manager has not answered yet, in order of submission.</summary>
internal sealed class RequestQueue
{
    private const int MaxOpen = 64;

    private readonly List<PendingRequest> _open = [];
    private ulong _nextId = 1;

    /// <summary>Requests not answered yet.</summary>
    public IReadOnlyList<PendingRequest> Open => _open;

    /// <summary>Queues a request. One that can't be queued is returned as already ended, with the reason.</summary>
    public PendingRequest Add(RequestKind kind, string name, ReadOnlyMemory<byte> package, ulong block)
    {
        var request = new PendingRequest(_nextId++, kind, name, package, block);
        RequestResult? refused = Check(kind, name, package.Length);
        if (refused is not null)
        {
            request.End(RequestPhase.Cancelled, refused);
            return request;
        }

        _open.Add(request);
        return request;
    }

    /// <summary>The oldest request that the manager has not taken; null if there is none.</summary>
    public PendingRequest? Next() => _open.Find(request => request.Phase == RequestPhase.Queued);

    /// <summary>The open request with this number.</summary>
    public PendingRequest Find(ulong id) =>
        _open.Find(request => request.Id == id && request.Phase == RequestPhase.Fetched)
        ?? throw new RefusedException(Refusal.NoSuchUpdate, $"no request with the number {id} is being worked on");

    /// <summary>Ends a request.</summary>
    public void End(PendingRequest request, RequestPhase phase, RequestResult result)
    {
        _open.Remove(request);
        request.End(phase, result);
    }

    private RequestResult? Check(RequestKind kind, string name, int packageSize)
    {
        bool needsPackage = kind is RequestKind.Check or RequestKind.Apply;
        if (needsPackage ? packageSize == 0 : !NameRules.IsUpdateName(name))
        {
            return new RequestResult(Refusal.BadArgument, 0, needsPackage ? "the package is empty" : $"'{name}' can't be the name of an update");
        }

        if (packageSize > UpdateLimits.MaxPackageBytes)
        {
            return new RequestResult(Refusal.TooLarge, 0, $"the package has {packageSize} bytes, at most {UpdateLimits.MaxPackageBytes}");
        }

        return _open.Count >= MaxOpen ? new RequestResult(Refusal.Busy, 0, $"{MaxOpen} requests are open") : null;
    }
}
