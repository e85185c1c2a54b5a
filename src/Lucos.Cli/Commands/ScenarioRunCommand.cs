using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Hosting;
using Lucos.Cli.Output;
using Lucos.Control.Guests;
using Lucos.Control.Packages;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Model;
using Lucos.Control.Scenarios.Running;
using Lucos.Control.Scenarios.Yaml;
using Microsoft.Extensions.DependencyInjection;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos scenario run FILE...</c>.</summary>
internal sealed class ScenarioRunCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public ScenarioRunCommand(Terminal terminal)
        : base("run", "Run scenarios, each on a guest of its own", "lucos scenario run tests/scenarios/*.yaml", "lucos scenario run --junit report.xml --seed 7 tests/scenarios/undo-order.yaml")
    {
        var files = new Argument<string[]>("FILE") { Description = "Scenario files", Arity = ArgumentArity.OneOrMore };
        var junit = new Option<string?>("--junit") { Description = "Write a JUnit report to this file", HelpName = "F" };
        var packages = new Option<string?>("--packages") { Description = "Folder of the packages; guest-kernel/build/updates unless said otherwise", HelpName = "DIR" };
        var guest = new GuestOptions();
        Add(files);
        Add(junit);
        Add(packages);
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

            var built = guest.Files(parsed);
            using var host = LucosHost.Build(terminal, parsed.GetValue(CommonOptions.Verbose), services => services
                .AddSingleton(built)
                .AddSingleton<IGuestStarter, VmmGuestStarter>()
                .AddSingleton<IPackageSource>(new PackageFolder(parsed.GetValue(packages) ?? built.Updates))
                .AddSingleton<ScenarioRunner>());
            var runner = host.Services.GetRequiredService<ScenarioRunner>();
            var results = await Task.Run(() => RunAll(runner, scenarios, parsed.GetValue(guest.Seed), terminal, writer, cancel), CancellationToken.None).ConfigureAwait(false);
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

    private static List<ScenarioResult> RunAll(ScenarioRunner runner, List<Scenario> scenarios, ulong? seed, Terminal terminal, ResultWriter writer, CancellationToken cancel)
    {
        var results = new List<ScenarioResult>();
        foreach (var scenario in scenarios)
        {
            terminal.Progress($"running {scenario.Name}");
            results.Add(runner.Run(scenario, seed, step => writer.Record("step", ToJson(scenario.Name, step)), cancel));
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
