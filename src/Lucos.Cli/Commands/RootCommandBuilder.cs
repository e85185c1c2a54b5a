using System.CommandLine;
using System.CommandLine.Help;
using Lucos.Cli.Output;

namespace Lucos.Cli.Commands;

/// <summary>Puts the commands together.</summary>
internal static class RootCommandBuilder
{
    /// <summary>Makes the root command.</summary>
    public static RootCommand Build(Terminal terminal)
    {
        var root = new RootCommand("Lucos updates a running x86-64 kernel from outside it.")
        {
            CommonOptions.Output,
            CommonOptions.Verbose,
            new DemoCommand(terminal),
            new RunCommand(terminal),
            new GuestCommand(terminal),
            new ReplayCommand(terminal),
            new UpdateCommand(terminal),
            new PatchCommand(terminal),
            new ScenarioCommand(terminal),
            new UnameCommand(terminal),
            new DoctorCommand(terminal),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new ExamplesHelpAction((HelpAction)help.Action!);
        }

        return root;
    }
}
