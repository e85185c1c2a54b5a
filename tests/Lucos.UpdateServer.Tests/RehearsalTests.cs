using Lucos.UpdateServer.Rehearsal;

namespace Lucos.UpdateServer.Tests;

public sealed class RehearsalTests
{
    [Test]
    public void RehearsalTakesAnUpdateThroughItsWholeLife() => Assert.That(ServerRehearsal.Run(), Is.True);
}
