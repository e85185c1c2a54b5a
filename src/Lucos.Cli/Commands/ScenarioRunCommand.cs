using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Hosting;
using Lucos.Cli.Output;
using Lucos.Control.Guests;
using Lucos.Control.Packages;
using Lucos.Control.Recording;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Model;
using Lucos.Control.Scenarios.Running;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos scenario run FILE...</c>.</summary>
internal sealed class ScenarioRunCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public ScenarioRunCommand(Terminal terminal)
        : base("run", "Run scenarios, each on a guest of its own", "lucos scenario run tests/scenarios/*.yaml", "lucos scenario run --junit report.xml --seed 7 tests/scenarios/stacked-updates.yaml")
    {
        var files = new Argument<string[]>("FILE") { Description = "Scenario files", Arity = ArgumentArity.OneOrMore };
        var junit = new Option<string?>("--junit") { Description = "Write a JUnit report to this file", HelpName = "F" };
        var record = new Option<string?>("--record") { Description = "Write a record of each guest to this folder, for lucos replay", HelpName = "DIR" };
        var exact = RecordOption.Exact();
        var packages = new Option<string?>("--packages") { Description = "Folder of the packages; guest-kernel/build/updates unless said otherwise", HelpName = "DIR" };
        var guest = new GuestOptions("what the scenario says, else 1,");
        Add(files);
        Add(junit);
        Add(packages);
        Add(record);
        Add(exact);
        guest.AddTo(this);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            var scenarios = ReadAll(parsed.GetRequiredValue(files), terminal, writer);
            if (scenarios is null)
            {
                return ExitCode.Usage;
            }

            if (parsed.GetValue(junit) is { } target)
            {
                OutputFile.RequireFolder(target);
            }

            var folder = RecordOption.Read(parsed, record, exact);
            if (folder is not null)
            {
                OutputFile.CreateFolder(folder);
                RequireOneRecordEach(scenarios);
            }

            var built = guest.Files(parsed);
            var source = new PackageFolder(parsed.GetValue(packages) ?? built.Updates);
            using var host = LucosHost.Build(terminal, parsed.GetValue(CommonOptions.Verbose), _ => { });
            ScenarioResult RunOne(Scenario scenario, Action<StepResult> finished) =>
                new ScenarioRunner(Starter(built, folder, parsed.GetValue(exact), scenario), source).Run(scenario, parsed.GetValue(guest.Seed), parsed.GetValue(guest.Cpus), finished, cancel);
            var results = await Task.Run(() => RunAll(RunOne, scenarios, terminal, writer), CancellationToken.None).ConfigureAwait(false);
            if (parsed.GetValue(junit) is { } report)
            {
                OutputFile.Write(report, JUnitReport.Render(results));
            }

            writer.Result("scenario-run", Summary(results), o => o.WriteLine($"{results.Count(r => r.Passed)} passed, {results.Count(r => !r.Passed)} failed"));
            return results.All(r => r.Passed) ? ExitCode.Done : ExitCode.RolledBack;
        });
    }

    private static List<Scenario>? ReadAll(string[] files, Terminal terminal, ResultWriter writer)
    {
        var scenarios = new List<Scenario>();
        var wrong = new List<Diagnostic>();
        foreach (var file in files)
        {
            if (ScenarioFiles.Read(file, out var bag) is { } scenario)
            {
                scenarios.Add(scenario);
            }

            wrong.AddRange(bag.Items);
        }

        if (wrong.Count == 0)
        {
            return scenarios;
        }

        wrong.ForEach(terminal.Error.WriteLine);
        if (writer.Format != OutputFormat.Text)
        {
            writer.Failure(ExitCode.Usage, "bad-scenario", string.Join('\n', wrong));
        }

        return null;
    }

    private static void RequireOneRecordEach(List<Scenario> scenarios)
    {
        if (scenarios.GroupBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } several)
        {
            throw new LucosException(ExitCode.Usage, "same-name", $"{several.Count()} scenarios are called '{several.Key}', and their records would be too: record them one by one, to other folders");
        }
    }

    private static IGuestStarter Starter(GuestFiles files, string? folder, bool isExact, Scenario scenario)
    {
        var starter = new VmmGuestStarter(files);
        return folder is null
            ? starter
            : new RecordingStarter(starter, () => OutputFile.Create(Path.Combine(folder, scenario.Name + ".record")), new RecordOptions(IsExact: isExact));
    }

    private static List<ScenarioResult> RunAll(Func<Scenario, Action<StepResult>, ScenarioResult> run, List<Scenario> scenarios, Terminal terminal, ResultWriter writer)
    {
        var results = new List<ScenarioResult>();
        foreach (var scenario in scenarios)
        {
            terminal.Progress($"running {scenario.Name}");
            results.Add(run(scenario, step => writer.Record("step", ToJson(scenario.Name, step))));
            if (writer.Format == OutputFormat.Text)
            {
                terminal.Out.Write(Transcript.Render(results[^1]));
            }
        }

        return results;
    }

    private static JsonObject ToJson(string scenario, StepResult step) => new()
    {
        ["scenario"] = scenario,
        ["number"] = step.Number,
        ["title"] = step.Title,
        ["passed"] = step.Problems.Count == 0,
        ["problems"] = Array(step.Problems),
        ["lines"] = Array(step.Lines),
        ["blocks"] = step.Blocks,
    };

    private static JsonObject Summary(List<ScenarioResult> results) => new()
    {
        ["passed"] = results.Count(r => r.Passed),
        ["failed"] = results.Count(r => !r.Passed),
        ["scenarios"] = new JsonArray([.. results.Select(r => (JsonNode)new JsonObject
        {
            ["name"] = r.Name,
            ["seed"] = r.Seed,
            ["passed"] = r.Passed,
            ["steps"] = new JsonArray([.. r.Steps.Select(s => (JsonNode)ToJson(r.Name, s))]),
        })]),
    };
}
