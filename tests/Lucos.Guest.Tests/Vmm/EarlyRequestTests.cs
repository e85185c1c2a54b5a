using Lucos.Abi;
using Lucos.Control.Guests;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>An operator does not know how far a guest has booted.</summary>
[TestFixture]
public sealed class EarlyRequestTests
{
    private const ulong Budget = 100_000_000;

    [Test]
    public void ARequestMadeBeforeTheGuestHasBootedIsServedOnceItHas()
    {
        var files = new GuestFiles(GuestImages.Kernel, GuestImages.Initramfs, Path.GetDirectoryName(GuestImages.Update("fix-readlog"))!);
        using var guest = new VmmGuestStarter(files).Start(new GuestSettings(), null);
        using var session = new GuestSession(guest);
        var request = guest.Submit(RequestKind.Apply, "fix-readlog", File.ReadAllBytes(GuestImages.Update("fix-readlog")));
        Assert.That(guest.AnswerTo(request), Is.Null, "nobody can have served it yet");

        RequestAnswer? answer = null;
        session.Await("the answer to the early request", () => (answer ??= guest.AnswerTo(request)) is not null, Budget);

        Assert.That(answer!.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
        Assert.That(guest.EffectiveVersion, Is.EqualTo(guest.BootedVersion + "+fix-readlog"));
    }
}
