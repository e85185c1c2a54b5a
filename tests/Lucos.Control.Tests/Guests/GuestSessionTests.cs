using Lucos.Control.Guests;

namespace Lucos.Control.Tests.Guests;

/// <summary>A session finds a command's output between its echo and the prompt, whatever a background job writes in between.</summary>
public sealed class GuestSessionTests
{
    [TestCase("ls\nfile\n", "file\n", TestName = "TheEchoIsNoOutput")]
    [TestCase("load: 7\nls\nfile\n", "file\n", TestName = "ABackgroundLineBeforeTheEchoIsNoOutput")]
    [TestCase("load: 7\nload: 8\nls\nfile\n", "file\n", TestName = "NorAreTwo")]
    [TestCase("see also: ls\nls\nfile\n", "file\n", TestName = "ALineThatOnlyEndsInTheCommandIsNoEcho")]
    [TestCase("ls\nfile\nls\n", "file\nls\n", TestName = "OutputThatIsTheCommandStays")]
    [TestCase("ls\nload: 7\nfile\n", "load: 7\nfile\n", TestName = "WhatComesBehindTheEchoStays")]
    [TestCase("load: ls\nfile\n", "file\n", TestName = "AnEchoBehindHalfALineIsNoOutput")]
    [TestCase("ls\n", "", TestName = "NoOutputIsEmpty")]
    public void OutputBeginsBehindTheEcho(string console, string output)
    {
        using var guest = new FakeGuest();
        using var session = new GuestSession(guest);
        guest.Reply = typed => $"{(typed == "ls\n" ? console : $"{typed}status=3\n")}lucos:/$ ";

        Assert.That(session.Run("ls", 1000), Is.EqualTo(new CommandResult(3, output)));
    }

    [Test]
    public void ACommandWithoutAnAnswerIsGivenUp()
    {
        using var guest = new FakeGuest();
        using var session = new GuestSession(guest);
        guest.Reply = typed => typed;

        Assert.That(() => session.Run("ls", 1000), Throws.TypeOf<BudgetExceededException>());
    }
}
