using System.Text;
using Lucos.Cli.Consoles;

namespace Lucos.Cli.Tests;

public sealed class EscapeFilterTests
{
    [TestCase("ls\n", "ls\n", false)]
    [TestCase("a\u0001xb", "ab", true)]
    [TestCase("a\u0001\u0001b", "a\u0001b", false)]
    [TestCase("a\u0001yb", "ab", false)]
    public void TheEscapeIsTakenOutOfWhatIsTyped(string typed, string passed, bool ends)
    {
        var filter = new EscapeFilter();
        var bytes = new List<byte>();
        foreach (var key in Encoding.ASCII.GetBytes(typed))
        {
            bytes.AddRange(filter.Filter([key]));
        }

        Assert.That(Encoding.ASCII.GetString([.. bytes]), Is.EqualTo(passed));
        Assert.That(filter.IsEnd, Is.EqualTo(ends));
    }
}
