namespace Lucos.Control.Tests.Sockets;

/// <summary>Tests that talk to a control server, which serves a guest that each test has to itself.</summary>
public abstract class ServedGuestTests
{
    private protected ServedGuest Served { get; private set; } = null!;

    [SetUp]
    public async Task ServeAsync() => Served = await ServedGuest.StartAsync();

    [TearDown]
    public async Task EndAsync() => await Served.DisposeAsync();
}
