using Lucos.Control.Scenarios.Model;

namespace Lucos.Control.Tests.Scenarios;

public sealed class ExpectationTests
{
    [TestCase("0", "reqload: requests=12 lost=0 corrupted=0", null)]
    [TestCase("> 0", "reqload: requests=12 lost=3", null)]
    [TestCase("0", "reqload: requests=12 lost=3", "lost is 3, not = 0")]
    [TestCase("<=2", "lost=3", "lost is 3, not <= 2")]
    [TestCase("0", "reqload: unlost=0", "no counter 'lost' in 'reqload: unlost=0'")]
    public void CountersAreComparedWithTheirCondition(string condition, string line, string? problem) =>
        Assert.That(CounterExpectation.Parse("lost", condition).Judge(line), Is.EqualTo(problem));

    [Test]
    public void AnOutputThatFitsHasNoProblems() =>
        Assert.That(new OutputExpectation(["b"], ["x"], "^a.c$", "a b\nabc").Judge("a b\nabc\n"), Is.Empty);

    [Test]
    public void AnOutputThatFitsInNothingHasOneProblemEach() =>
        Assert.That(new OutputExpectation(["q"], ["b"], "^z$", "a").Judge("a b\nabc\n").Count(), Is.EqualTo(4));
}
