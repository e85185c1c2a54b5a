using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Packaging;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos patch verify</c>.</summary>
internal sealed class PatchVerifyCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public PatchVerifyCommand(Terminal terminal)
        : base("verify", "Check a package against a kernel's image, as a guest would", "lucos patch verify fix.lup", "lucos patch verify fix.lup --kernel kernel.elf")
    {
        var package = new Argument<string>("PKG") { Description = "The package: a file (.lup), or the name of a built one" };
        var kernel = PatchFiles.KernelOption();
        Add(package);
        Add(kernel);
        Does(terminal, (parsed, writer, _) =>
        {
            var diagnostics = new DiagnosticBag();
            var file = parsed.GetRequiredValue(package);
            var read = PackageReader.Read(PackageArgument.Read(file), diagnostics);
            if (read is null || !PackageVerifier.Verify(read, PatchFiles.ReadKernel(parsed.GetValue(kernel)), diagnostics))
            {
                return Task.FromResult(PatchFiles.Refuse(terminal, writer, file, diagnostics));
            }

            writer.Result("patch-verify", new JsonObject { ["name"] = read.Name, ["fits"] = true }, o => o.WriteLine($"{read.Name} {read.Version} fits the kernel"));
            return Task.FromResult(ExitCode.Done);
        });
    }
}
