using Lucos.Control.Scenarios.Language;
using Lucos.Control.Scenarios.Model;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Tests.Scenarios;

public sealed class ScenarioReaderTests
{
    private const string Good = """
        scenario: all-steps
        description: every kind of step
        seed: 7
        memory: 48
        cpus: 4
        packages:
          broken: { from: fix, flip-bit: 12 }
        steps:
          - boot:
          - remember: { name: before }
          - background: { name: load, command: reqload }
          - run: { command: "uname -r", exit: 0, contains: [0.1, "."], matches: "^0", equals: 0.1.0, budget: 1_000 }
          - wait: { until: { blocks: 500 } }
          - send: { text: "x" }
          - check: { package: broken, expect: digest-mismatch, detail: digest }
          - update: { package: fix, via: guest, verify-coherence: true, at: { entry: { function: sys_read, count: 3, offset: 4 } }, during: "ls", expect: draining }
          - undo: { name: fix, at: { return: { function: sys_read, cpu: 3 } } }
          - expect: { uname: 0.1.0, status: { fix: rolled-back }, memory: before, history: [finished, rolled-back] }
          - stop: { name: load, signal: INT, counters: { lost: 0, requests: "> 10" } }
          - poweroff:
        """;

    [Test]
    public void EveryStepIsReadWithItsFields()
    {
        var bag = new DiagnosticBag("good.yaml");
        var scenario = ScenarioReader.Read(Good, bag)!;
        Assert.That(bag.Items, Is.Empty);
        Assert.That((scenario.Seed, scenario.MemoryMiB, scenario.Cpus, scenario.Steps.Count), Is.EqualTo((7UL, 48, 4, 12)));
        Assert.That(scenario.Packages["broken"], Is.EqualTo(new PackageEdit("fix", null, null, 12, null)));
        var run = (RunStep)scenario.Steps[3];
        Assert.That((run.Command, run.Budget, run.Output.Equal), Is.EqualTo(("uname -r", 1000UL, "0.1.0")));
        var update = (UpdateStep)scenario.Steps[7];
        Assert.That(update.At, Is.EqualTo(new EntryMoment("sys_read", 3, 4)));
        Assert.That((update.ViaGuest, update.Expect, update.During), Is.EqualTo((true, "draining", "ls")));
        Assert.That((update.VerifyCoherence, ((UpdateStep)scenario.Steps[8]).VerifyCoherence), Is.EqualTo((true, false)));
        Assert.That(((UpdateStep)scenario.Steps[8]).At, Is.EqualTo(new ReturnMoment("sys_read", 1, 3)));
        Assert.That(((UpdateStep)scenario.Steps[8]).Expect, Is.EqualTo("rolled-back"));
        Assert.That(((StopStep)scenario.Steps[10]).Counters[1], Is.EqualTo(new CounterExpectation("requests", ">", 10)));
    }

    [TestCase("unknown-key", "4:12", "  - run: { comand: a }")]
    [TestCase("missing-key", "4:10", "  - run: { exit: 0 }")]
    [TestCase("wrong-type", "4:30", "  - run: { command: a, exit: \"0\" }")]
    [TestCase("wrong-type", "4:10", "  - run: [a]")]
    [TestCase("out-of-range", "4:30", "  - run: { command: a, exit: 256 }")]
    [TestCase("unknown-key", "4:5", "  - dance: {}")]
    [TestCase("bad-value", "4:37", "  - update: { package: fix, expect: perfect }")]
    [TestCase("wrong-type", "4:47", "  - update: { package: fix, verify-coherence: yes }")]
    [TestCase("wrong-type", "4:47", "  - update: { package: fix, verify-coherence: \"true\" }")]
    [TestCase("unknown-key", "4:24", "  - undo: { name: fix, verify-coherence: true }")]
    [TestCase("unknown-key", "4:28", "  - check: { package: fix, verify-coherence: true }")]
    [TestCase("bad-expression", "4:33", "  - run: { command: a, matches: \"(\" }")]
    [TestCase("bad-value", "4:21", "  - run: { command: \"a\\nb\" }")]
    [TestCase("one-key-only", "4:15", "  - { boot: , poweroff: }")]
    [TestCase("duplicate-key", "4:24", "  - run: { command: a, command: b }")]
    [TestCase("decorated-node", "4:21", "  - run: { command: &x a }")]
    [TestCase("bad-yaml", "4:21", "  - run: { command: *x }")]
    [TestCase("bad-yaml", "5:1", "  - run: { command: a")]
    [TestCase("bad-reference", "4:5", "  - stop: { name: load }")]
    [TestCase("bad-reference", "4:5", "  - expect: { memory: before }")]
    [TestCase("bad-order", "4:5", "  - boot:")]
    [TestCase("missing-key", "4:5", "  - undo: { name: a, during: ls }")]
    [TestCase("unknown-key", "4:31", "  - wait: { until: { entry: { funtion: f } } }")]
    [TestCase("bad-reference", "4:5", "  - wait: { until: { active: { function: f, cpu: 1 } } }")]
    [TestCase("bad-reference", "4:5", "  - undo: { name: a, at: { entry: { function: f, cpu: 7 } } }")]
    [TestCase("out-of-range", "4:49", "  - wait: { until: { entry: { function: f, cpu: 8 } } }")]
    [TestCase("bad-length", "4:21", "  - run: { command: \"\" }")]
    public void WhatIsWrongIsNamedWithItsPlace(string id, string position, string line)
    {
        var bag = new DiagnosticBag("bad.yaml");
        var scenario = ScenarioReader.Read($"scenario: x\nsteps:\n  - boot:\n{line}\n", bag);
        Assert.That(scenario, Is.Null);
        Assert.That(bag.Items.Select(d => (d.Id, d.Position.ToString())), Does.Contain((id, position)), string.Join('\n', bag.Items));
    }

    [Test]
    public void AllThatIsWrongIsCollectedInTheOrderOfTheFile()
    {
        var bag = new DiagnosticBag("bad.yaml");
        ScenarioReader.Read("scenario: x\nsede: 1\nsteps:\n  - run: {}\n  - jump: {}\n  - update: { package: \"no/slash\" }\n", bag);
        Assert.That(bag.Items.Select(d => d.Id), Is.EqualTo(new[] { "unknown-key", "missing-key", "unknown-key", "bad-value" }));
    }

    [TestCase("")]
    [TestCase("just text")]
    [TestCase("- a list")]
    [TestCase("scenario: x")]
    [TestCase("scenario: x\nsteps: []")]
    [TestCase("%YAML 9.9\n---\nfoo")]
    [TestCase("\0\u0001")]
    public void WhatIsNoScenarioIsRefused(string text)
    {
        var bag = new DiagnosticBag("bad.yaml");
        Assert.That(ScenarioReader.Read(text, bag), Is.Null);
        Assert.That(bag.Items, Is.Not.Empty);
    }

    [Test]
    public void DeepNestingIsRefusedBeforeItHurts()
    {
        var bag = new DiagnosticBag("deep.yaml");
        Assert.That(ScenarioReader.Read(new string('[', 100_000), bag), Is.Null);
        Assert.That(bag.Items, Has.Count.EqualTo(1));
    }

    [Test]
    public void AnyDamageToAGoodScenarioIsAnAnswerNotACrash()
    {
        CsCheck.Check.Sample(
            CsCheck.Gen.Select(CsCheck.Gen.Int[0, Good.Length - 1], CsCheck.Gen.Char),
            (at, c) =>
            {
                var bag = new DiagnosticBag("fuzzed.yaml");
                var scenario = ScenarioReader.Read(string.Concat(Good.AsSpan(0, at), c.ToString(), Good.AsSpan(at + 1)), bag);
                return scenario is null == !bag.IsEmpty;
            },
            iter: 2000);
    }

    [Test]
    public void TheSchemaKnowsEveryStepAndForbidsUnknownKeys()
    {
        var schema = ScenarioSchema.Make();
        var steps = schema["properties"]!["steps"]!["items"]!["oneOf"]!.AsArray();
        Assert.That(steps.Select(s => s!["required"]![0]!.GetValue<string>()), Is.EqualTo(ScenarioGrammar.Step.Alternatives.Select(a => a.Key)));
        Assert.That(schema["additionalProperties"]!.GetValue<bool>(), Is.False);
    }
}
