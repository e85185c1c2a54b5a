using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Packaging;
using Lucos.Packaging.Inspection;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos patch inspect</c>.</summary>
internal sealed class PatchInspectCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public PatchInspectCommand(Terminal terminal)
        : base("inspect", "Print what a package holds", "lucos patch inspect fix.lup", "lucos patch inspect fix.lup -o json")
    {
        var package = new Argument<string>("PKG") { Description = "The package (.lup)" };
        Add(package);
        Does(terminal, (parsed, writer, _) =>
        {
            var diagnostics = new DiagnosticBag();
            var file = parsed.GetRequiredValue(package);
            if (PackageReader.Read(PatchFiles.Read(file), diagnostics) is not { } read)
            {
                return Task.FromResult(PatchFiles.Refuse(terminal, writer, file, diagnostics));
            }

            writer.Result("package", ToJson(read), o => DescriptionWriter.Write(o, PackageInspector.Describe(read)));
            return Task.FromResult(ExitCode.Done);
        });
    }

    private static JsonObject ToJson(UpdatePackage package) => new()
    {
        ["name"] = package.Name,
        ["updateVersion"] = package.Version,
        ["description"] = package.Description,
        ["buildId"] = Convert.ToHexStringLower(package.BuildId.Span),
        ["digest"] = Convert.ToHexStringLower(package.Digest.Span),
        ["functions"] = new JsonArray([.. package.Functions.Select(f => (JsonNode)new JsonObject
        {
            ["name"] = f.QualifiedName,
            ["address"] = $"0x{f.OldAddress:x}",
            ["oldSize"] = f.OldBytes.Length,
            ["newSize"] = f.NewSize,
            ["oldHash"] = Convert.ToHexStringLower(f.OldHash.Span),
            ["replacedBy"] = f.New.Name,
        })]),
        ["dependencies"] = new JsonArray([.. package.Dependencies.Select(d => (JsonNode)new JsonObject
        {
            ["kind"] = d.Kind.ToString(),
            ["name"] = d.Name,
            ["updateVersion"] = d.Version,
        })]),
        ["callbacks"] = new JsonArray([.. package.Callbacks.Select(c => (JsonNode)new JsonObject
        {
            ["kind"] = c.Kind.ToString(),
            ["function"] = c.Function.Name,
        })]),
        ["imports"] = Array(package.Imports),
    };
}
