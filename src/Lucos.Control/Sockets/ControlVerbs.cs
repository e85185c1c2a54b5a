using System.Text.Json.Nodes;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.UpdateServer.Journal;
using Lucos.Vmm.Snapshots;

namespace Lucos.Control.Sockets;

/// <summary>What clients may ask of a guest.</summary>
internal sealed class ControlVerbs
{
    private const string Holder = "operator";
    // An answer is one line.
    private const int MaximumLedger = 1024;

    private readonly GuestHost _host;
    private readonly string _guestName;
    private readonly int _maximumPackage;

    /// <summary>Makes the verbs of a guest.</summary>
    /// <param name="host">The guest.</param>
    /// <param name="guestName">What operators call it.</param>
    /// <param name="maximumPackage">Largest package, in bytes.</param>
    public ControlVerbs(GuestHost host, string guestName, int maximumPackage)
    {
        _host = host;
        _guestName = guestName;
        _maximumPackage = maximumPackage;
    }

    /// <summary>Has a listener told of journal records until the result is disposed of.</summary>
    public IDisposable Subscribe(Action<JsonNode> listener) => new Subscription(_host, record => listener(ControlJson.Of(record)));

    /// <summary>Does a verb.</summary>
    /// <param name="request">The request.</param>
    /// <param name="package">What the client has uploaded so far; apply and check use it up.</param>
    /// <param name="announce">Tells the client of a request that went to the Update Manager, if it wants to be told.</param>
    public async Task<JsonNode> DoAsync(ControlRequest request, MemoryStream package, Func<JsonObject, Task> announce) => request.Verb switch
    {
        not ("check" or "apply" or "undo" or "cancel") when request.Announce => throw new ProtocolException(request.Id, "bad-request", "'announce' is for 'check', 'apply', 'undo' and 'cancel' only"),
        not "apply" when request.VerifyCoherence => throw new ProtocolException(request.Id, "bad-request", "'verifyCoherence' is for 'apply' only"),
        "uname" => await _host.InvokeAsync(g => (JsonNode)new JsonObject { ["effective"] = g.EffectiveVersion, ["booted"] = g.BootedVersion }).ConfigureAwait(false),
        "status" => await _host.InvokeAsync(g => (JsonNode)Status(g, request)).ConfigureAwait(false),
        "ledger" => await _host.InvokeAsync(g => (JsonNode)Ledger(g, request)).ConfigureAwait(false),
        "history" => await _host.InvokeAsync(g => (JsonNode)new JsonObject { ["records"] = new JsonArray([.. g.History.Select(ControlJson.Of)]) }).ConfigureAwait(false),
        "info" => await _host.InvokeAsync(g => (JsonNode)GuestDescription.Of(_guestName, g, _host.Holders)).ConfigureAwait(false),
        "pause" => await PauseAsync().ConfigureAwait(false),
        "resume" => Held(await _host.ResumeAsync(Holder).ConfigureAwait(false)),
        "snapshot" => await SnapshotAsync(request).ConfigureAwait(false),
        "stop" => new JsonObject { ["stopping"] = true },
        "package" => Upload(request, package),
        "check" => await AskAsync(RequestKind.Check, request, TakePackage(request, package), announce).ConfigureAwait(false),
        "apply" => await AskAsync(RequestKind.Apply, request, TakePackage(request, package), announce).ConfigureAwait(false),
        "undo" => await AskAsync(RequestKind.Undo, request, [], announce).ConfigureAwait(false),
        "cancel" => await AskAsync(RequestKind.Cancel, request, [], announce).ConfigureAwait(false),
        "withdraw" => await _host.InvokeAsync(g => (JsonNode)Withdraw(g, request)).ConfigureAwait(false),
        _ => throw new ProtocolException(request.Id, "unknown-verb", $"'{Shorten(request.Verb)}' is none of: uname, status, ledger, history, watch, info, pause, resume, snapshot, stop, package, check, apply, undo, cancel, withdraw"),
    };

    /// <summary>Does what a verb asked for once its answer is on its way: a guest that stops takes its socket along.</summary>
    /// <param name="request">The request, which was answered.</param>
    public void AfterAnswer(ControlRequest request)
    {
        if (request.Verb == "stop")
        {
            _host.RequestEnd();
        }
    }

    private static JsonObject Held(IReadOnlySet<string> holders) => new()
    {
        ["state"] = holders.Count > 0 ? "paused" : "running",
        ["holders"] = new JsonArray([.. holders.Select(h => (JsonNode)h)]),
    };

    private async Task<JsonNode> PauseAsync()
    {
        await _host.PauseAsync(Holder).ConfigureAwait(false);
        return await _host.InvokeAsync(g =>
        {
            var held = Held(_host.Holders);
            held["blocks"] = g.Blocks;
            return held;
        }).ConfigureAwait(false);
    }

    /// <summary>The guest stands still while the snapshot is taken, and runs on while the file is written.</summary>
    private async Task<JsonNode> SnapshotAsync(ControlRequest request)
    {
        if (!Path.IsPathFullyQualified(request.Path))
        {
            throw new ProtocolException(request.Id, "bad-request", "'path' must be the absolute path of a file");
        }

        try
        {
            using var snapshot = await _host.InvokeAsync(g => g.TakeSnapshot()).ConfigureAwait(false);
            var bytes = await Task.Run(() => snapshot.Save(request.Path)).ConfigureAwait(false);
            return new JsonObject { ["path"] = request.Path, ["bytes"] = bytes, ["blocks"] = snapshot.Blocks };
        }
        catch (SnapshotException e)
        {
            throw new ProtocolException(request.Id, e.Reason, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProtocolException(request.Id, "cannot-write", $"{request.Path}: can't be written: {e.Message}");
        }
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";

    private JsonObject Status(IGuest guest, ControlRequest request)
    {
        var updates = guest.Updates.Where(u => request.Name.Length == 0 || u.Name == request.Name).ToList();
        if (request.Name.Length > 0 && updates.Count == 0)
        {
            throw new ProtocolException(request.Id, Refusal.NoSuchUpdate.Id(), $"no update '{Shorten(request.Name)}'; {Refusal.NoSuchUpdate.WhatToDo()}");
        }

        return new JsonObject
        {
            ["effective"] = guest.EffectiveVersion,
            ["blocks"] = guest.Blocks,
            ["state"] = _host.Holders.Count > 0 ? "paused" : "running",
            ["holders"] = new JsonArray([.. _host.Holders.Select(h => (JsonNode)h)]),
            ["requests"] = new JsonArray([.. guest.OpenRequests.Select(r => (JsonNode)ControlJson.Of(r))]),
            ["updates"] = new JsonArray([.. updates.Select(u => ControlJson.Of(u, guest.Now()))]),
        };
    }

    /// <summary>The newest entries, oldest first; those before one that is known already, where the client asks for the ones before it.</summary>
    private static JsonObject Ledger(IGuest guest, ControlRequest request)
    {
        var update = guest.Updates.LastOrDefault(u => u.Name == request.Name)
            ?? throw new ProtocolException(request.Id, Refusal.NoSuchUpdate.Id(), $"no update '{Shorten(request.Name)}'; {Refusal.NoSuchUpdate.WhatToDo()}");
        if (request.Before <= 0 || request.Limit is < 1 or > MaximumLedger)
        {
            throw new ProtocolException(request.Id, "bad-request", $"'before' is the number of an entry, from 1 on, and 'limit' is 1 to {MaximumLedger}");
        }

        var kept = guest.Ledger(update.Id);
        var total = (long)(update.Data?.LedgerEntries ?? 0);
        var first = total - kept.Count + 1;
        var end = Math.Clamp(request.Before ?? long.MaxValue, first, total + 1);
        var begin = Math.Max(first, end - (request.Limit ?? MaximumLedger));
        return new JsonObject
        {
            ["kept"] = update.Data?.LedgerEntries is not null,
            ["total"] = total,
            ["first"] = first,
            ["entries"] = new JsonArray([.. kept
                .Skip((int)(begin - first)).Take((int)(end - begin))
                .Select((entry, index) => ControlJson.Of(entry, begin + index, update.Data!.Types[entry.Type].Name, guest.DescribeCode(entry.Rip, update.Id)))]),
        };
    }

    private JsonObject Upload(ControlRequest request, MemoryStream package)
    {
        var chunk = new byte[(request.Data.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(request.Data, chunk, out var length))
        {
            throw new ProtocolException(request.Id, "bad-request", "'data' is no base64");
        }

        if (package.Length + length > _maximumPackage)
        {
            package.SetLength(0);
            throw new ProtocolException(request.Id, Refusal.TooLarge.Id(), $"a package has at most {_maximumPackage} bytes");
        }

        package.Write(chunk, 0, length);
        return new JsonObject { ["bytes"] = package.Length };
    }

    private static byte[] TakePackage(ControlRequest request, MemoryStream package)
    {
        var bytes = package.ToArray();
        package.SetLength(0);
        return bytes.Length > 0 ? bytes : throw new ProtocolException(request.Id, "bad-request", "upload the package with the verb 'package' first");
    }

    /// <summary>Takes a request back, or tells how far the guest has got with it.</summary>
    private JsonObject Withdraw(IGuest guest, ControlRequest request)
    {
        if (request.Request is not > 0)
        {
            throw new ProtocolException(request.Id, "bad-request", "'request' is the number of a request, from 1 on");
        }

        var open = guest.OpenRequests.FirstOrDefault(r => r.Id == (ulong)request.Request)
            ?? throw new ProtocolException(request.Id, "no-such-request", $"no request {request.Request} is open: it was answered or withdrawn, or there never was one; 'lucos update history' tells");
        var told = Held(_host.Holders);
        told["outcome"] = guest.Withdraw(open.Id) ? "withdrawn" : "taken";
        told["request"] = ControlJson.Of(open);
        told["update"] = guest.Updates.LastOrDefault(u => u.RequestId == open.Id || u.Name == open.Name) is { } update ? ControlJson.Of(update, guest.Now()) : null;
        return told;
    }

    private async Task<JsonNode> AskAsync(RequestKind kind, ControlRequest request, byte[] package, Func<JsonObject, Task> announce)
    {
        if (request.Name.Length is 0 or > 63)
        {
            throw new ProtocolException(request.Id, "bad-request", "'name' must have 1 to 63 characters");
        }

        var answer = await _host.AskAsync(kind, request.Name, package, request.VerifyCoherence, request.Announce ? AnnounceAsync : null).ConfigureAwait(false);
        return new JsonObject
        {
            ["refusal"] = answer.Refusal == Refusal.None ? null : answer.Refusal.Id(),
            ["whatToDo"] = answer.Refusal == Refusal.None ? null : answer.Refusal.WhatToDo(),
            ["detail"] = answer.Detail,
            ["forecast"] = answer.Forecast.Length == 0 ? null : ControlJson.Of(Forecast.Parse(answer.Forecast)),
            ["update"] = await _host.InvokeAsync(g => g.Updates.LastOrDefault(u => u.Id == answer.UpdateId) is { } u ? ControlJson.Of(u, g.Now()) : null).ConfigureAwait(false),
        };

        Task AnnounceAsync(ulong number)
        {
            var submitted = Held(_host.Holders);
            submitted["request"] = number;
            return announce(submitted);
        }
    }

    private sealed class Subscription : IDisposable
    {
        private readonly GuestHost _host;
        private readonly Action<JournalRecord> _listener;

        public Subscription(GuestHost host, Action<JournalRecord> listener)
        {
            _host = host;
            _listener = listener;
            _host.Journal += _listener;
        }

        public void Dispose() => _host.Journal -= _listener;
    }
}
