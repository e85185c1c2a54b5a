using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Lucos.Elf;
using Lucos.Packaging;

namespace Lucos.Cli.Commands;

/// <summary>What the <c>patch</c> commands share.</summary>
internal static class PatchFiles
{
    /// <summary>Largest object or package read: far above any limit of the format, which gives the better answer.</summary>
    private const int MaximumBytes = 64 << 20;

    /// <summary>Where the built kernel is, or would be.</summary>
    public static string BuiltKernel => Path.Combine(GuestFiles.FindBuild(), "kernel.elf");

    /// <summary>An option for the kernel's image.</summary>
    public static Option<string?> KernelOption() => new("--kernel")
    {
        Description = "The kernel's image; guest-kernel/build/kernel.elf unless said otherwise",
        HelpName = "F",
    };

    /// <summary>Reads a file.</summary>
    public static byte[] Read(string file) => InputFile.Read(file, MaximumBytes);

    /// <summary>Reads a kernel.</summary>
    public static KernelImage ReadKernel(string? file)
    {
        var path = file ?? BuiltKernel;
        try
        {
            return KernelImage.Parse(Read(path));
        }
        catch (ElfFormatException e)
        {
            throw new LucosException(ExitCode.Usage, "bad-kernel", $"{path}: {e.Message}");
        }
    }

    /// <summary>Reports why a file was refused.</summary>
    public static ExitCode Refuse(Terminal terminal, ResultWriter writer, string file, DiagnosticBag diagnostics)
    {
        foreach (var diagnostic in diagnostics)
        {
            terminal.Error.WriteLine($"{file}: {diagnostic}\n  what to do: {diagnostic.WhatToDo}");
        }

        var list = new JsonArray([.. diagnostics.Select(d => (JsonNode)new JsonObject
        {
            ["id"] = d.Id,
            ["where"] = d.Where,
            ["detail"] = d.Detail,
            ["whatToDo"] = d.WhatToDo,
        })]);
        writer.Result("refusal", new JsonObject { ["file"] = file, ["diagnostics"] = list }, _ => { });
        return ExitCode.Refused;
    }
}
