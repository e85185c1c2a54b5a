using Lucos.Control.Scenarios.Model;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Language;

/// <summary>What a grammar can't say: the order of steps, and names that must have been introduced.</summary>
internal static class ScenarioSense
{
    /// <summary>Reports what makes no sense.</summary>
    public static void Check(Scenario scenario, YamlMap root, DiagnosticBag bag)
    {
        CheckOrder(scenario, bag);
        var jobs = new HashSet<string>(StringComparer.Ordinal);
        var memories = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in scenario.Steps)
        {
            CheckNames(step, jobs, memories, bag);
            CheckProcessor(step, scenario.Cpus, bag);
        }

        foreach (var entry in (root.Find("packages") as YamlMap)?.Entries ?? [])
        {
            if (scenario.Packages.ContainsKey(scenario.Packages[entry.Key.Value].From))
            {
                bag.Add(entry.Key.Position, "bad-reference", "a damaged package is made from a built one, not from another damaged one");
            }
        }
    }

    private static void CheckOrder(Scenario scenario, DiagnosticBag bag)
    {
        if (scenario.Steps[0] is not BootStep)
        {
            bag.Add(scenario.Steps[0].Position, "bad-order", "the first step must be 'boot'");
        }

        foreach (var step in scenario.Steps.Skip(1).OfType<BootStep>())
        {
            bag.Add(step.Position, "bad-order", "'boot' is the first step only");
        }

        foreach (var step in scenario.Steps.SkipLast(1).OfType<PowerOffStep>())
        {
            bag.Add(step.Position, "bad-order", "'poweroff' is the last step only");
        }
    }

    private static void CheckProcessor(ScenarioStep step, int cpus, DiagnosticBag bag)
    {
        var moment = step switch
        {
            WaitStep wait => wait.Until,
            UpdateStep update => update.At,
            _ => null,
        };
        if (moment is FunctionMoment { Cpu: { } cpu } && cpu >= cpus)
        {
            bag.Add(step.Position, "bad-reference", $"there is no processor {cpu}: 'cpus' is {cpus}, and the first one is 0");
        }
    }

    private static void CheckNames(ScenarioStep step, HashSet<string> jobs, HashSet<string> memories, DiagnosticBag bag)
    {
        switch (step)
        {
            case BackgroundStep { Name: var name } when !jobs.Add(name):
                bag.Add(step.Position, "duplicate-name", $"a background command '{name}' runs already");
                break;
            case StopStep { Name: var name } when !jobs.Remove(name):
                bag.Add(step.Position, "bad-reference", $"no background command '{name}' runs here");
                break;
            case RememberStep { Name: var name }:
                memories.Add(name);
                break;
            case ExpectStep { Memory: { } name } when !memories.Contains(name):
                bag.Add(step.Position, "bad-reference", $"nothing was remembered as '{name}' before");
                break;
            case UpdateStep { During: not null, At: null }:
                bag.Add(step.Position, "missing-key", "'during' needs 'at': the command runs while the moment is awaited");
                break;
            default:
                break;
        }
    }
}
