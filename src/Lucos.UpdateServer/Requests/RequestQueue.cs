using Lucos.Abi;
using Lucos.UpdateServer.Wire;
using Lucos.Vmm.Snapshots;

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
    public PendingRequest Add(RequestKind kind, string name, ReadOnlyMemory<byte> package, ulong block, uint flags)
    {
        var request = new PendingRequest(_nextId++, kind, name, package, block, flags);
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

    /// <summary>The request with this number if the manager has not taken it; else null.</summary>
    public PendingRequest? FindQueued(ulong id) => _open.Find(request => request.Id == id && request.Phase == RequestPhase.Queued);

    /// <summary>The open request with this number, which the manager works on.</summary>
    public PendingRequest Find(ulong id) =>
        _open.Find(request => request.Id == id && request.Phase == RequestPhase.Fetched)
        ?? throw new RefusedException(Refusal.NoSuchUpdate, $"no request with the number {id} is being worked on");

    /// <summary>Ends a request.</summary>
    public void End(PendingRequest request, RequestPhase phase, RequestResult result)
    {
        _open.Remove(request);
        request.End(phase, result);
    }

    /// <summary>Writes the open requests.</summary>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt64(_nextId);
        writer.WriteCount(_open.Count);
        foreach (PendingRequest request in _open)
        {
            writer.WriteUInt64(request.Id);
            writer.WriteInt32((int)request.Kind);
            writer.WriteText(request.Name);
            writer.WriteBytes(request.Package.Span);
            writer.WriteUInt64(request.SubmittedAtBlock);
            writer.WriteUInt32(request.Flags);
            writer.WriteFlag(request.Phase == RequestPhase.Fetched);
        }
    }

    /// <summary>Replaces the open requests by those that <see cref="Save"/> wrote: new ones, which nobody awaits yet.</summary>
    public void Load(StateReader reader)
    {
        _open.Clear();
        _nextId = reader.ReadUInt64();
        ulong last = 0;
        for (int left = reader.ReadCount(MaxOpen); left > 0; left--)
        {
            PendingRequest request = LoadOne(reader);
            if (request.Id <= last || request.Id >= _nextId || Check(request.Kind, request.Name, request.Package.Length) is not null)
            {
                throw reader.Damaged($"request {request.Id} behind {last}, next is {_nextId}, or one that would have been refused");
            }

            last = request.Id;
            _open.Add(request);
        }
    }

    private static PendingRequest LoadOne(StateReader reader)
    {
        PendingRequest request = new(
            reader.ReadUInt64(), reader.ReadEnum<RequestKind>(), reader.ReadText(), reader.ReadBytes((int)UpdateLimits.MaxPackageBytes), reader.ReadUInt64(), reader.ReadUInt32());
        if (reader.ReadFlag())
        {
            request.MarkFetched();
        }

        return request;
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
