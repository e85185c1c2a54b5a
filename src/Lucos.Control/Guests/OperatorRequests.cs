using Lucos.Abi;
using Lucos.UpdateServer;
using Lucos.UpdateServer.Requests;
using Lucos.Vmm.Snapshots;

namespace Lucos.Control.Guests;

/// <summary>The requests that went to the Update Manager and whose answers nobody has fetched. Part of a snapshot, like the server's own.</summary>
internal sealed class OperatorRequests(LiveUpdateServer server) : IStateful
{
    private const int MaxRequests = 1 << 16;
    private const int MaxDetail = 1 << 16;

    private readonly SortedDictionary<ulong, PendingRequest> _pending = [];
    private readonly Dictionary<ulong, RequestAnswer> _answers = [];

    /// <inheritdoc/>
    public string StateName => "operator-requests";

    /// <inheritdoc/>
    public int StateVersion => 2;

    /// <summary>Remembers a request.</summary>
    public void Add(PendingRequest request) => _pending[request.Id] = request;

    /// <summary>The answer to a request, once; null while there is none.</summary>
    public RequestAnswer? Take(ulong id)
    {
        Collect();
        return _answers.Remove(id, out var answer) ? answer : null;
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        Collect();
        writer.WriteCount(_pending.Count);
        foreach (var id in _pending.Keys)
        {
            writer.WriteUInt64(id);
        }

        writer.WriteCount(_answers.Count);
        foreach (var (id, answer) in _answers.OrderBy(a => a.Key))
        {
            writer.WriteUInt64(id);
            writer.WriteInt32((int)answer.Refusal);
            writer.WriteUInt32(answer.UpdateId);
            writer.WriteText(answer.Detail);
            writer.WriteText(answer.Forecast);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        _pending.Clear();
        _answers.Clear();
        for (var left = reader.ReadCount(MaxRequests, sizeof(ulong)); left > 0; left--)
        {
            var id = reader.ReadUInt64();
            _pending[id] = server.OpenRequests.FirstOrDefault(r => r.Id == id) ?? throw reader.Damaged($"request {id} is not open");
        }

        for (var left = reader.ReadCount(MaxRequests, sizeof(ulong)); left > 0; left--)
        {
            _answers[reader.ReadUInt64()] = new RequestAnswer(reader.ReadEnum<Refusal>(), reader.ReadUInt32(), reader.ReadText(MaxDetail), reader.ReadText(MaxDetail));
        }
    }

    private void Collect()
    {
        foreach (var (id, request) in _pending.Where(p => p.Value.Completion.IsCompletedSuccessfully).ToList())
        {
            _pending.Remove(id);
            var result = request.Completion.Result;
            _answers[id] = new RequestAnswer(result.Refusal, result.UpdateId, result.Detail, result.Forecast);
        }
    }
}
