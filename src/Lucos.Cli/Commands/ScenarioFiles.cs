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
        try
        {
            // Four bytes are the longest character.
            using var text = new StreamReader(new MemoryStream(InputFile.Read(file, 4 * YamlTreeReader.MaximumLength)));
            return ScenarioReader.Read(text.ReadToEnd(), bag);
        }
        catch (LucosException e)
        {
            bag.Add(new SourcePosition(1, 1), e.Reason, e.Message[(file.Length + 2)..]);
            return null;
        }
    }
}
