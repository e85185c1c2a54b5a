using Lucos.Abi;
using Lucos.Control.Guests;

namespace Lucos.Control.Tests.Guests;

/// <summary>What a guest says a package would meet, and what a hostile one may say.</summary>
public sealed class ForecastTests
{
    [Test]
    public void EveryLineIsRead()
    {
        var forecast = Forecast.Parse("function\tpipe_read\t2\nfunction\tpipe_write\t0\ntype\tpipes\t12\ncontext\t7\t3\t3\t0\tpipe_read\tcat\n");

        Assert.That(forecast.Functions, Is.EqualTo(new[] { KeyValuePair.Create("pipe_read", 2u), KeyValuePair.Create("pipe_write", 0u) }));
        Assert.That(forecast.Types, Is.EqualTo(new[] { KeyValuePair.Create("pipes", 12ul) }));
        Assert.That(forecast.Contexts, Is.EqualTo(new[] { new ForecastContext(7, "cat", "pipe_read", 3, ContextKind.ReturnAddress, "pipe_read") }));
    }

    [TestCase("")]
    [TestCase("\n\n\t\t\n")]
    [TestCase("function\tpipe_read")]
    [TestCase("function\tpipe_read\t-1")]
    [TestCase("type\tpipes\tmany")]
    [TestCase("context\t7\t3\t3\t0\tpipe_read\tcat", TestName = "AContextInAFunctionThatWasNotNamed")]
    [TestCase("else\t7")]
    public void WhatMakesNoSenseIsLeftOut(string text)
    {
        var forecast = Forecast.Parse(text);
        Assert.That((forecast.Functions.Count, forecast.Types.Count, forecast.Contexts.Count), Is.EqualTo((0, 0, 0)));
    }

    [Test]
    public void AContextOfAKindThatThereIsNotIsLeftOut() =>
        Assert.That(Forecast.Parse("function\tf\t1\ncontext\t7\t3\t9\t0\t\tcat\n").Contexts, Is.Empty);
}
