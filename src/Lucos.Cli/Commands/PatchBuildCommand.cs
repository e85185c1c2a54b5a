using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Packaging;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos patch build</c>.</summary>
internal sealed class PatchBuildCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public PatchBuildCommand(Terminal terminal)
        : base("build", "Make a package of an update's compiled object", "lucos patch build --kernel kernel.elf --object fix.o --to fix.lup")
    {
        var kernel = PatchFiles.KernelOption();
        var input = new Option<string>("--object") { Description = "The object file", HelpName = "F", Required = true };
        var output = new Option<string>("--to") { Description = "The package to write", HelpName = "F", Required = true };
        Add(kernel);
        Add(input);
        Add(output);
        Does(terminal, (parsed, writer, _) =>
        {
            var diagnostics = new DiagnosticBag();
            var file = parsed.GetRequiredValue(input);
            var package = PackageBuilder.Build(PatchFiles.Read(file), PatchFiles.ReadKernel(parsed.GetValue(kernel)), diagnostics);
            if (package is null)
            {
                return Task.FromResult(PatchFiles.Refuse(terminal, writer, file, diagnostics));
            }

            var to = parsed.GetRequiredValue(output);
            OutputFile.Write(to, package);
            writer.Result("patch-build", new JsonObject { ["file"] = to, ["bytes"] = package.Length }, o => o.WriteLine($"{to}: {package.Length} bytes"));
            return Task.FromResult(ExitCode.Done);
        });
    }
}
