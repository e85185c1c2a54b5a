using Lucos.Control.Guests;

namespace Lucos.Control.Tests.Guests;

public sealed class ConsoleLogTests
{
    [Test]
    public void TextIsDecodedAcrossPiecesWithoutCarriageReturns()
    {
        var log = new ConsoleLog();
        log.Append("a\r\n\u00c3"u8[..3]);
        log.Append([0xc3]);
        log.Append([0xa9, (byte)'z']);
        Assert.That(log.Since(0).ToString(), Is.EqualTo("a\n\u00e9z"));
    }

    [Test]
    public void PositionsStayValidWhenTheOldestTextIsDropped()
    {
        var log = new ConsoleLog(limit: 100);
        for (var i = 0; i < 50; i++)
        {
            log.Append("0123456789"u8);
        }

        var mark = log.End;
        log.Append("new"u8);
        Assert.That(mark, Is.EqualTo(500));
        Assert.That(log.Since(mark).ToString(), Is.EqualTo("new"));
        Assert.That(log.Since(0).Length, Is.LessThanOrEqualTo(100));
    }
}
