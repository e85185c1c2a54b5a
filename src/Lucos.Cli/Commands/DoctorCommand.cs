using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Health;
using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos doctor</c>.</summary>
internal sealed class DoctorCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public DoctorCommand(Terminal terminal)
        : base("doctor", "Check what Lucos needs on this machine, and say what to do about what is missing", "lucos doctor", "lucos doctor -o json")
    {
        Does(terminal, (_, writer, _) =>
        {
            var findings = Doctor.Examine();
            var list = new JsonArray([.. findings.Select(f => (JsonNode)new JsonObject
            {
                ["check"] = f.Check,
                ["ok"] = f.IsGood,
                ["found"] = f.Found,
                ["whatToDo"] = f.WhatToDo,
            })]);
            writer.Result("doctor", new JsonObject { ["findings"] = list }, o => Write(o, findings));
            return Task.FromResult(findings.All(f => f.IsGood) ? ExitCode.Done : ExitCode.Refused);
        });
    }

    private static void Write(TextWriter output, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            output.WriteLine($"{(finding.IsGood ? "ok  " : "BAD ")} {finding.Check}: {finding.Found}");
            if (!finding.IsGood)
            {
                output.WriteLine($"     what to do: {finding.WhatToDo}");
            }
        }
    }
}
