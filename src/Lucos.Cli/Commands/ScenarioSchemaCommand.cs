using System.Text.Json;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Language;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos scenario schema</c>.</summary>
internal sealed class ScenarioSchemaCommand : LucosCommand
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Makes the command.</summary>
    public ScenarioSchemaCommand(Terminal terminal)
        : base("schema", "Print the JSON Schema of scenario files", "lucos scenario schema > scenario.schema.json")
    {
        Does(terminal, (_, writer, _) =>
        {
            var schema = ScenarioSchema.Make();
            writer.Result("schema", new JsonObject { ["schema"] = schema }, o => o.WriteLine(schema.ToJsonString(s_indented)));
            return Task.FromResult(ExitCode.Done);
        });
    }
}
