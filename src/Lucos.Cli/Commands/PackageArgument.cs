using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Language;
using Lucos.Control.Sockets;
using Lucos.Packaging;

namespace Lucos.Cli.Commands;

/// <summary>Finds the package that a command line means: a file, or the name of a built one.</summary>
internal static class PackageArgument
{
    /// <summary>Reads it. A file comes first; a bare name is looked for in the folder of the built updates.</summary>
    /// <param name="argument">Path or name.</param>
    /// <exception cref="LucosException">There is none, or it can't be read.</exception>
    public static byte[] Read(string argument)
    {
        if (Path.Exists(argument) || !MapSpec.IsName(argument))
        {
            return InputFile.Read(argument, ControlServer.MaximumPackage);
        }

        var updates = Path.Combine(GuestFiles.FindBuild(), "updates");
        var built = Path.Combine(updates, argument.EndsWith(".lup", StringComparison.Ordinal) ? argument : argument + ".lup");
        return File.Exists(built)
            ? InputFile.Read(built, ControlServer.MaximumPackage)
            : throw new LucosException(ExitCode.Usage, "file-not-found", $"{argument}: no such file, and no such package in {updates} ({Names(updates)})");
    }

    /// <summary>What the journal calls it: the update's name, or the file's where the package is too damaged to say.</summary>
    /// <param name="argument">Path or name.</param>
    /// <param name="package">Its bytes.</param>
    public static string NameOf(string argument, byte[] package)
    {
        if (PackageReader.Read(package, new DiagnosticBag()) is { } read)
        {
            return read.Name;
        }

        var name = Path.GetFileNameWithoutExtension(argument);
        return name.Length > (int)UpdateLimits.MaxNameLength ? name[..(int)UpdateLimits.MaxNameLength] : name;
    }

    private static string Names(string updates) => Directory.Exists(updates)
        ? string.Join(", ", Directory.EnumerateFiles(updates, "*.lup").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal))
        : "build it with 'make -C guest-kernel updates'";
}
