using Lucos.Cli.Output;

namespace Lucos.Cli.Tests;

/// <summary>Lines that are drawn again in place: none is wider than the terminal, and what is drawn is taken away whole.</summary>
public sealed class LiveRegionTests
{
    [TestCase("short", 10, new[] { "short" })]
    [TestCase("  one two three", 12, new[] { "  one two", "    three" })]
    [TestCase("  one two three four", 12, new[] { "  one two", "    three", "    four" })]
    [TestCase("aaaaaaaaaaaaaaaaaaaa", 12, new[] { "aaaaaaaaaaa", "  aaaaaaaaa" })]
    [TestCase("exactly ten", 11, new[] { "exactly", "  ten" })]
    [TestCase("          deep", 8, new[] { "       " })]
    [TestCase("", 8, new[] { "" })]
    public void ALineIsBrokenBetweenWords(string line, int width, string[] expected)
    {
        var pieces = LiveRegion.Wrap(line, width).ToArray();
        Assert.That(pieces, Is.EqualTo(expected));
        Assert.That(pieces.Select(p => p.Length), Is.All.LessThan(width));
    }

    [Test]
    public void WhatIsTheSameIsNotDrawnAgainAndWhatIsTakenAwayIsErased()
    {
        using var output = new StringWriter();
        var region = new LiveRegion(output);
        region.Draw(["one", "two"]);
        region.Draw(["one", "two"]);
        Assert.That(output.ToString(), Is.EqualTo("\u001b[Jone\ntwo\n"));
        region.Clear();
        Assert.That(output.ToString(), Does.EndWith("\u001b[2A\r\u001b[J"));
    }
}
