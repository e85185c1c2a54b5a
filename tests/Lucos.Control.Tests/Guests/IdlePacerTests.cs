using Lucos.Control.Guests;

namespace Lucos.Control.Tests.Guests;

/// <summary>An idle guest's clock goes with the host's; a busy one's as fast as it can.</summary>
public sealed class IdlePacerTests
{
    private TimeSpan _host;
    private ulong _guest;
    private ulong _idle;

    [SetUp]
    public void Begin() => (_host, _guest, _idle) = (TimeSpan.Zero, 0, 0);

    [Test]
    public void AnIdleGuestsClockGoesWithTheHosts()
    {
        var pacer = new IdlePacer(() => _host);
        for (var i = 0; i < 100; i++)
        {
            _host += Wait(pacer, milliseconds: 30, idle: true);
        }

        Assert.That(_host.TotalMilliseconds, Is.EqualTo(3000).Within(1));
        Assert.That(pacer.Slice, Is.LessThan(GuestHost.ShortestSlice));
    }

    [Test]
    public void ABusyGuestIsNotHeldBackAndRunsLongerAndLonger()
    {
        var pacer = new IdlePacer(() => _host);
        Assert.That(Enumerable.Range(0, 20).Select(_ => Wait(pacer, milliseconds: 1000, idle: false)), Is.All.EqualTo(TimeSpan.Zero));
        Assert.That(pacer.Slice, Is.EqualTo(GuestHost.Slice));
    }

    [Test]
    public void WhatABusyGuestWasAheadOrBehindByIsForgiven([Values(0, 60_000)] int hostMilliseconds)
    {
        var pacer = new IdlePacer(() => _host);
        Wait(pacer, milliseconds: 20_000, idle: false);
        _host += TimeSpan.FromMilliseconds(hostMilliseconds);
        Wait(pacer, milliseconds: 0, idle: false);

        Assert.That(Wait(pacer, milliseconds: 30, idle: true).TotalMilliseconds, Is.EqualTo(30).Within(0.1));
    }

    [Test]
    public void AGuestThatJumpsFarAheadIsHeldBackAMomentAndNotUntilTheHostIsThere()
    {
        var pacer = new IdlePacer(() => _host);
        var jump = Wait(pacer, milliseconds: 5000, idle: true);
        _host += jump;
        Assert.That(jump.TotalMilliseconds, Is.InRange(30, 100));
        Assert.That(Wait(pacer, milliseconds: 30, idle: true).TotalMilliseconds, Is.EqualTo(30).Within(0.1));
    }

    private TimeSpan Wait(IdlePacer pacer, ulong milliseconds, bool idle)
    {
        _guest += milliseconds * 1_000_000;
        _idle += idle ? 1UL : 0;
        return pacer.Ahead(_guest, _idle);
    }
}
