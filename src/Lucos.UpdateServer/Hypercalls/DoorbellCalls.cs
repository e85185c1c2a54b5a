using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Requests;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Hypercalls;

/// <summary>DOORBELL_FETCH, _PULL and _COMPLETE: the manager's side of an operator's request.</summary>
internal sealed class DoorbellCalls(ServerState state)
{
    private const ulong MaxPull = 64 * 1024;

    /// <summary>Hands over the oldest waiting request. It is taken only if its structure could be written.</summary>
    public long Fetch(HypercallArguments call)
    {
        PendingRequest? request = state.Requests.Next();
        if (request is null)
        {
            return 0;
        }

        var wire = new OperatorRequest
        {
            Id = request.Id,
            Kind = (uint)request.Kind,
            Flags = request.Flags,
            PackageSize = (ulong)request.Package.Length,
            Name = Text64.From(request.Name),
        };
        state.Reader.WriteVersioned(call.Rbx, wire, "request");
        request.MarkFetched();
        state.Journal.Note(JournalEvents.Fetched, state.Guest.Blocks, request.Name, requestId: request.Id);
        return 1;
    }

    /// <summary>Copies a part of the request's package into guest memory.</summary>
    public long Pull(HypercallArguments call)
    {
        PendingRequest request = state.Requests.Find(call.Rbx);
        var size = (ulong)request.Package.Length;
        if (call.Rdi > MaxPull)
        {
            throw new RefusedException(Refusal.TooLarge, $"request {request.Id}: {call.Rdi} bytes at once, at most {MaxPull}");
        }

        if (call.Rsi > size)
        {
            throw new RefusedException(Refusal.BadArgument, $"request {request.Id}: offset {call.Rsi} of {size}");
        }

        ulong length = Math.Min(call.Rdi, size - call.Rsi);
        if (length > 0)
        {
            state.Reader.WriteBytes(call.Rcx, request.Package.Span.Slice((int)call.Rsi, (int)length), "package buffer");
        }

        return (long)length;
    }

    /// <summary>Takes the manager's answer.</summary>
    public long Complete(HypercallArguments call)
    {
        OperatorResponse response = state.Reader.ReadVersioned<OperatorResponse>(call.Rbx, "response");
        PendingRequest request = state.Requests.Find(response.RequestId);
        var refusal = (Refusal)response.Refusal;
        if (refusal != Refusal.None && !Refusals.IsKnown(refusal))
        {
            throw new RefusedException(Refusal.BadArgument, $"response to request {request.Id}: refusal {response.Refusal}");
        }

        string detail = NameRules.Printable(response.Detail.ToString());
        string forecast = ReadForecast(response);
        state.Journal.Note(JournalEvents.Answered, state.Guest.Blocks, request.Name, refusal, detail, request.Id);
        state.Requests.End(request, RequestPhase.Answered, new RequestResult(refusal, response.UpdateId, detail, forecast));
        return 0;
    }

    private string ReadForecast(in OperatorResponse response)
    {
        if (response.ForecastSize > UpdateLimits.MaxForecastBytes)
        {
            throw new RefusedException(Refusal.TooLarge, $"forecast of request {response.RequestId}: {response.ForecastSize} bytes, at most {UpdateLimits.MaxForecastBytes}");
        }

        return response.ForecastSize == 0 ? "" : NameRules.PrintableLines(state.Reader.ReadBytes(response.Forecast, response.ForecastSize, "forecast"));
    }
}
