using Lucos.UpdateServer.WarmUp;

namespace Lucos.UpdateServer.Tests;

public sealed class WarmUpTests
{
    [Test]
    public void WarmUpTakesAnUpdateThroughItsWholeLife() => Assert.That(ServerWarmUp.Run(), Is.True);
}
