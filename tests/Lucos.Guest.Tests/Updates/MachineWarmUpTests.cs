using Lucos.Guest.Tests.Vmm;
using Lucos.UpdateServer.WarmUp;

namespace Lucos.Guest.Tests.Updates;

public sealed class MachineWarmUpTests
{
    [Test]
    public async Task WarmUpTransfersAndInterceptsOnAMachineOfItsOwn() => Assert.That(await ServerWarmUp.Start(UpdatableGuest.Kernel), Is.True);
}
