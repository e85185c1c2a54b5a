using Lucos.Abi;
using Lucos.Control.Guests;

namespace Lucos.Control.Tests.Guests;

/// <summary>A guest on its own thread that others hold still.</summary>
[CancelAfter(20_000)]
public sealed class GuestHostTests
{
    private FakeGuest _guest = null!;
    private GuestHost _host = null!;

    [SetUp]
    public void Start()
    {
        _guest = new FakeGuest();
        _host = new GuestHost(_guest);
    }

    [TearDown]
    public void Stop()
    {
        _host.Dispose();
        _guest.Dispose();
    }

    [Test]
    public async Task APausedGuestStandsStillAndAnswersQuestions(CancellationToken cancel)
    {
        _host.Start();
        await _host.PauseAsync("operator").WaitAsync(cancel);
        var before = await BlocksAsync(cancel);
        Assert.That(await BlocksAsync(cancel), Is.EqualTo(before));
        Assert.That(_host.Holders, Is.EqualTo(new[] { "operator" }));
    }

    [Test]
    public async Task AResumedGuestRunsOn(CancellationToken cancel)
    {
        _host.Start();
        await _host.PauseAsync("operator").WaitAsync(cancel);
        var before = await BlocksAsync(cancel);
        Assert.That(await _host.ResumeAsync("operator").WaitAsync(cancel), Is.Empty);
        while (await BlocksAsync(cancel) == before)
        {
            cancel.ThrowIfCancellationRequested();
        }
    }

    [Test]
    public async Task ItStandsUntilTheLastOfItsHoldersLetsGo(CancellationToken cancel)
    {
        _host.Start();
        await _host.PauseAsync("operator").WaitAsync(cancel);
        await _host.PauseAsync("debugger").WaitAsync(cancel);
        await _host.PauseAsync("debugger").WaitAsync(cancel);
        var before = await BlocksAsync(cancel);
        Assert.That(await _host.ResumeAsync("debugger").WaitAsync(cancel), Is.EqualTo(new[] { "operator" }));
        Assert.That(await _host.ResumeAsync("nobody").WaitAsync(cancel), Is.EqualTo(new[] { "operator" }));
        Assert.That(await BlocksAsync(cancel), Is.EqualTo(before));
        Assert.That(await _host.ResumeAsync("operator").WaitAsync(cancel), Is.Empty);
    }

    [Test]
    public async Task AGuestThatWasPausedBeforeItsStartHasNotRun(CancellationToken cancel)
    {
        var paused = _host.PauseAsync("debugger");
        _host.Start();
        await paused.WaitAsync(cancel);
        Assert.That(await BlocksAsync(cancel), Is.Zero);
    }

    [Test]
    public async Task WhatNeedsTheGuestToRunWaitsUntilItIsResumed(CancellationToken cancel)
    {
        _host.Start();
        await _host.PauseAsync("operator").WaitAsync(cancel);
        var asked = _host.AskAsync(RequestKind.Check, "fix", new byte[8]);
        await BlocksAsync(cancel);
        Assert.That(asked.IsCompleted, Is.False);
        await _host.ResumeAsync("operator").WaitAsync(cancel);
        Assert.That((await asked.WaitAsync(cancel)).Refusal, Is.EqualTo(Refusal.None));
    }

    [Test]
    public async Task AGuestThatEndedIsKeptForWhoeverPausesItWhenItStops(CancellationToken cancel)
    {
        var stopped = new TaskCompletionSource<GuestStop>();
        _host.Stopped += stop =>
        {
            _ = _host.PauseAsync("debugger");
            stopped.SetResult(stop);
        };
        _host.Start();
        await _host.TypeAsync("q"u8.ToArray()).WaitAsync(cancel);
        Assert.That((await stopped.Task.WaitAsync(cancel)).Kind, Is.EqualTo(GuestStopKind.PoweredOff));
        await BlocksAsync(cancel);
        Assert.That(_host.Ended.IsCompleted, Is.False);
        await _host.ResumeAsync("debugger").WaitAsync(cancel);
        Assert.That((await _host.Ended.WaitAsync(cancel)).Kind, Is.EqualTo(GuestStopKind.PoweredOff));
        Assert.That(() => _host.PauseAsync("debugger"), Throws.TypeOf<GuestEndedException>());
    }

    [Test]
    public async Task APausedGuestCanBeDisposedOf(CancellationToken cancel)
    {
        _host.Start();
        await _host.PauseAsync("operator").WaitAsync(cancel);
        _host.Dispose();
        Assert.That((await _host.Ended.WaitAsync(cancel)).CanRunOn, Is.True);
    }

    private Task<ulong> BlocksAsync(CancellationToken cancel) => _host.InvokeAsync(guest => guest.Blocks).WaitAsync(cancel);
}
