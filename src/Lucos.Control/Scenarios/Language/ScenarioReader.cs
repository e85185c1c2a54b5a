using Lucos.Control.Scenarios.Model;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>Text of a scenario file to a checked scenario, or to everything that is wrong with it.</summary>
public static class ScenarioReader
{
    /// <summary>Reads a scenario.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="bag">Takes what is wrong.</param>
    /// <returns>The scenario, or null if anything was wrong.</returns>
    public static Scenario? Read(string text, DiagnosticBag bag)
    {
        var root = YamlTreeReader.Read(text, bag);
        if (root is null)
        {
            return null;
        }

        ScenarioGrammar.Scenario.Check(root, bag);
        if (!bag.IsEmpty)
        {
            return null;
        }

        var scenario = Bind(new CheckedMap(root));
        ScenarioSense.Check(scenario, (YamlMap)root, bag);
        return bag.IsEmpty ? scenario : null;
    }

    private static Scenario Bind(CheckedMap map) => new(
        map.Text("scenario")!,
        map.Text("description") ?? "",
        (ulong)(map.Number("seed") ?? 1),
        (int)(map.Number("memory") ?? 64),
        (int)(map.Number("cpus") ?? 1),
        map.Entries("packages").ToDictionary(e => e.Key.Value, e => BindPackage(new CheckedMap(e.Value))),
        [.. map.List("steps").Select(BindStep)]);

    private static PackageEdit BindPackage(CheckedMap map) => new(
        map.Text("from")!,
        map.Text("build-id"),
        (int?)map.Number("old-byte"),
        map.Number("flip-bit"),
        (int?)map.Number("truncate"));

    private static ScenarioStep BindStep(YamlNode node)
    {
        var chosen = ((YamlMap)node).Entries[0];
        var map = new CheckedMap(chosen.Value);
        var at = chosen.Key.Position;
        var budget = (ulong)(map.Number("budget") ?? ScenarioGrammar.DefaultBudget);
        return chosen.Key.Value switch
        {
            "boot" => new BootStep(at, budget),
            "run" => new RunStep(at, budget, map.Text("command")!, (int)(map.Number("exit") ?? 0), BindOutput(map)),
            "background" => new BackgroundStep(at, budget, map.Text("name")!, map.Text("command")!),
            "stop" => new StopStep(at, budget, map.Text("name")!, map.Text("signal") ?? "TERM", (int)(map.Number("exit") ?? 0), BindCounters(map)),
            "wait" => new WaitStep(at, budget, BindMoment(map.Child("until"))!),
            "send" => new SendStep(at, budget, map.Text("text")!),
            "update" => BindUpdate(at, budget, UpdateVerb.Apply, "package", "finished", map),
            "check" => BindUpdate(at, budget, UpdateVerb.Check, "package", "accepted", map),
            "undo" => BindUpdate(at, budget, UpdateVerb.Undo, "name", "rolled-back", map),
            "cancel" => BindUpdate(at, budget, UpdateVerb.Cancel, "name", "rolled-back", map),
            "remember" => new RememberStep(at, budget, map.Text("name")!),
            "expect" => BindExpect(at, budget, map),
            "poweroff" => new PowerOffStep(at, budget),
            var other => throw new InvalidOperationException($"step '{other}' is in the grammar and not in the reader"),
        };
    }

    private static OutputExpectation BindOutput(CheckedMap map) =>
        new(map.Texts("contains"), map.Texts("excludes"), map.Text("matches"), map.Text("equals"));

    private static List<CounterExpectation> BindCounters(CheckedMap map) =>
        [.. map.Entries("counters").Select(e => CounterExpectation.Parse(e.Key.Value, ((YamlText)e.Value).Value))];

    private static UpdateStep BindUpdate(SourcePosition at, ulong budget, UpdateVerb verb, string target, string outcome, CheckedMap map) => new(
        at,
        budget,
        verb,
        map.Text(target)!,
        map.Text("via") == "guest",
        map.Flag("verify-coherence"),
        BindMoment(map.Child("at")),
        map.Text("during"),
        map.Text("expect") ?? outcome,
        map.Texts("detail"));

    private static ExpectStep BindExpect(SourcePosition at, ulong budget, CheckedMap map) => new(
        at,
        budget,
        map.Text("uname"),
        map.Text("booted"),
        [.. map.Entries("status").Select(e => KeyValuePair.Create(e.Key.Value, ((YamlText)e.Value).Value))],
        [.. map.Entries("moved").Select(e => KeyValuePair.Create(e.Key.Value, (int)CheckedMap.NumberOf((YamlText)e.Value)))],
        map.Text("memory"),
        map.Texts("history"));

    private static Moment? BindMoment(YamlNode? node)
    {
        if (node is not YamlMap { Entries: [var chosen] })
        {
            return null;
        }

        if (chosen.Value is YamlText text)
        {
            return chosen.Key.Value == "console" ? new ConsoleMoment(text.Value) : new BlocksMoment((ulong)CheckedMap.NumberOf(text));
        }

        var map = new CheckedMap(chosen.Value);
        var function = map.Text("function")!;
        var count = (int)(map.Number("count") ?? 1);
        var cpu = (int?)map.Number("cpu");
        return chosen.Key.Value switch
        {
            "entry" => new EntryMoment(function, count, (int)(map.Number("offset") ?? 0), cpu),
            "return" => new ReturnMoment(function, count, cpu),
            _ => new ActiveMoment(function, count, cpu),
        };
    }
}
