using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos scenario check FILE...</c>.</summary>
internal sealed class ScenarioCheckCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public ScenarioCheckCommand(Terminal terminal)
        : base("check", "Check scenario files without running them", "lucos scenario check tests/scenarios/*.yaml", "lucos scenario check -o json my.yaml")
    {
        var files = new Argument<string[]>("FILE") { Description = "Scenario files", Arity = ArgumentArity.OneOrMore };
        Add(files);
        Does(terminal, (parsed, writer, _) => Task.FromResult(Check(parsed.GetRequiredValue(files), terminal, writer)));
    }

    private static ExitCode Check(string[] files, Terminal terminal, ResultWriter writer)
    {
        var found = new List<Diagnostic>();
        foreach (var file in files)
        {
            ScenarioFiles.Read(file, out var bag);
            found.AddRange(bag.Items);
        }

        foreach (var diagnostic in found)
        {
            writer.Record("diagnostic", ToJson(diagnostic));
            if (writer.Format == OutputFormat.Text)
            {
                terminal.Error.WriteLine(diagnostic);
            }
        }

        writer.Result(
            "scenario-check",
            new JsonObject { ["files"] = files.Length, ["diagnostics"] = new JsonArray([.. found.Select(d => (JsonNode)ToJson(d))]) },
            o => o.WriteLine($"{files.Length} checked, {found.Count} wrong"));
        return found.Count == 0 ? ExitCode.Done : ExitCode.Usage;
    }

    private static JsonObject ToJson(Diagnostic d) => new()
    {
        ["file"] = d.File,
        ["line"] = d.Position.Line,
        ["column"] = d.Position.Column,
        ["id"] = d.Id,
        ["message"] = d.Message,
    };
}
