using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Elf;
using Lucos.Packaging;
using Lucos.Packaging.Inspection;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos patch inspect</c>.</summary>
internal sealed class PatchInspectCommand : LucosCommand
{
    private static readonly JsonSerializerOptions s_names = new(JsonSerializerDefaults.Web);

    /// <summary>Makes the command.</summary>
    public PatchInspectCommand(Terminal terminal)
        : base("inspect", "Print what a package holds", "lucos patch inspect fix.lup", "lucos patch inspect fix.lup --kernel kernel.elf -o json")
    {
        var package = new Argument<string>("PKG") { Description = "The package: a file (.lup), or the name of a built one" };
        var kernel = new Option<string?>("--kernel") { Description = "The kernel's image, to name what the old code calls; the built one where there is one", HelpName = "F" };
        Add(package);
        Add(kernel);
        Does(terminal, (parsed, writer, _) =>
        {
            var diagnostics = new DiagnosticBag();
            var file = parsed.GetRequiredValue(package);
            if (PackageReader.Read(PackageArgument.Read(file), diagnostics) is not { } read)
            {
                return Task.FromResult(PatchFiles.Refuse(terminal, writer, file, diagnostics));
            }

            var description = PackageInspector.Describe(read, Kernel(parsed.GetValue(kernel)));
            writer.Result("package", ToJson(description), o => DescriptionWriter.Write(o, description));
            return Task.FromResult(ExitCode.Done);
        });
    }

    private static KernelImage? Kernel(string? file) =>
        file is not null || File.Exists(PatchFiles.BuiltKernel) ? PatchFiles.ReadKernel(file) : null;

    /// <summary>The description as it is; its version makes room for that of the output's format.</summary>
    private static JsonObject ToJson(PackageDescription package)
    {
        var fields = JsonSerializer.SerializeToNode(package, s_names)!.AsObject();
        var version = fields["version"]!.DeepClone();
        fields.Remove("version");
        fields.Insert(1, "updateVersion", version);
        return fields;
    }
}
