using Lucos.Control.Results;
using Lucos.Control.Scenarios.Language;
using Lucos.Control.Scenarios.Model;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Cli.Commands;

/// <summary>Reads the scenario files of a command line.</summary>
internal static class ScenarioFiles
{
    /// <summary>Reads a file.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="bag">What is wrong with it.</param>
    /// <returns>The scenario, or null if something is wrong.</returns>
    public static Scenario? Read(string file, out DiagnosticBag bag)
    {
        bag = new DiagnosticBag(file);
        if (!File.Exists(file))
        {
            throw new LucosException(ExitCode.Usage, "file-not-found", $"{file}: no such scenario file");
        }

        if (new FileInfo(file).Length > 4L * YamlTreeReader.MaximumLength)
        {
            bag.Add(new SourcePosition(1, 1), "too-large", $"at most {YamlTreeReader.MaximumLength} characters are read");
            return null;
        }

        return ScenarioReader.Read(File.ReadAllText(file), bag);
    }
}
