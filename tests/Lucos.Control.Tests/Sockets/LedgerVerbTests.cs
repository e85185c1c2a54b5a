using System.Text.Json.Nodes;
using Lucos.Abi;
using Lucos.Control.Results;
using Lucos.Control.Sockets;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Updates;

namespace Lucos.Control.Tests.Sockets;

/// <summary>The coherence ledger in pieces: the newest entries first, numbered, none twice and none left out.</summary>
[NonParallelizable]
[CancelAfter(20_000)]
public sealed class LedgerVerbTests : ServedGuestTests
{
    private const int Kept = 2500;
    private const int Forgotten = 700;

    [SetUp]
    public void FillLedger()
    {
        Served.Guest.KnownUpdates.Add(Update(Kept + Forgotten));
        for (ulong i = 1; i <= Kept; i++)
        {
            Served.Guest.LedgerEntries.Add(new LedgerEntry(Forgotten + i, 1, i == Kept ? 0x1000UL : 0x2000, 0, 0xffff_8880_0000_0000, true, 24, 8, i));
        }
    }

    [TestCase(1, 3200)]
    [TestCase(1024, 2177)]
    [TestCase(1025, 2176)]
    [TestCase(2500, 701)]
    [TestCase(4096, 701)]
    public async Task TheNewestAreToldInTheirOrder(int limit, int first, CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var ledger = await client.LedgerAsync("data", limit, cancel);
        var numbers = ((JsonArray)ledger["entries"]!).Select(e => e!["number"]!.GetValue<int>());
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(first, Kept + Forgotten - first + 1)));
        Assert.That(((bool?)ledger["kept"], (int?)ledger["total"], (int?)ledger["first"]), Is.EqualTo((true, 3200, 701)));
    }

    [Test]
    public async Task AnEntrySaysWhoStoredWhatWhere(CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var entry = (await client.LedgerAsync("data", 1, cancel))["entries"]![0]!;
        Assert.That(entry.ToJsonString(), Is.EqualTo(
            """{"number":3200,"block":3200,"cpu":1,"rip":"0x1000","function":"sys_fake\u002B0x0","type":"pipes","instance":"0xffff888000000000","version":"new","offset":24,"size":8,"value":"0x9c4"}"""));
    }

    [TestCase("\"limit\":0")]
    [TestCase("\"limit\":1025")]
    [TestCase("\"limit\":-1")]
    [TestCase("\"before\":0")]
    [TestCase("\"before\":-9223372036854775808")]
    public async Task OtherBoundsAreRefused(string bounds, CancellationToken cancel) =>
        Assert.That((string?)(await SendAsync($$"""{"verb":"ledger","name":"data",{{bounds}}}""", cancel))["reason"], Is.EqualTo("bad-request"));

    [TestCase("\"before\":9223372036854775807,\"limit\":2", 3199, 2)]
    [TestCase("\"before\":702", 701, 1)]
    [TestCase("\"before\":701", 0, 0)]
    [TestCase("\"before\":1", 0, 0)]
    public async Task WhatCameBeforeAnEntryIsTold(string bounds, int first, int count, CancellationToken cancel)
    {
        var entries = (JsonArray)(await SendAsync($$"""{"verb":"ledger","name":"data",{{bounds}}}""", cancel))["result"]!["entries"]!;
        Assert.That(((int?)entries.FirstOrDefault()?["number"] ?? 0, entries.Count), Is.EqualTo((first, count)));
    }

    [Test]
    public async Task AnUpdateWithoutALedgerSaysSo(CancellationToken cancel)
    {
        Served.Guest.KnownUpdates[0] = Update(null);
        Served.Guest.LedgerEntries.Clear();
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var ledger = await client.LedgerAsync("data", 4096, cancel);
        Assert.That(((bool?)ledger["kept"], ((JsonArray)ledger["entries"]!).Count), Is.EqualTo((false, 0)));
    }

    [Test]
    public async Task AnUpdateThatThereIsNotIsRefused(CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var refused = await Assert.ThrowsAsync<LucosException>(() => client.LedgerAsync("nothing", 1, cancel));
        Assert.That((refused!.Code, refused.Reason), Is.EqualTo((ExitCode.Refused, "no-such-update")));
    }

    private static UpdateInfo Update(int? ledger) => new(
        1, "data", "1.0", UpdateState.Draining, Refusal.None, "", [], [], 0, 0, 1, 1, PauseTiming.None, PauseTiming.None, 0, false, 0,
        new DataInfo(
            [new TypeInfo("pipes", InstanceSource.Cache, Placement.Twin, Interception.Step, TransferPoint.EachWrite, 16, 32, 1, 1, false)], true, 1, 2, 3, 4, 5, 0, 0, 0, (ulong?)ledger));

    private async Task<JsonNode> SendAsync(string line, CancellationToken cancel)
    {
        await using var stream = Served.Connect();
        var reader = new LineReader(stream);
        await reader.ReadAsync(cancel);
        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(line + "\n"), cancel);
        return JsonNode.Parse((await reader.ReadAsync(cancel))!.Value.Span)!;
    }
}
