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
            new ScenarioCommand(terminal),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = HelpWithExamples(terminal);
        }

        return root;
    }

    private static HelpAction HelpWithExamples(Terminal terminal)
    {
        var builder = new HelpBuilder(terminal.OutIsTerminal ? Math.Max(60, Console.WindowWidth) : 120);
        builder.CustomizeLayout(_ => HelpBuilder.Default.GetLayout().Append(WriteExamples));
        return new HelpAction { Builder = builder };
    }

    private static bool WriteExamples(HelpContext context)
    {
        IReadOnlyList<string> examples = context.Command is LucosCommand command ? command.Examples : ["lucos demo", "lucos run --name guest1", "lucos update apply fix.lup"];
        if (examples.Count == 0)
        {
            return false;
        }

        context.Output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            context.Output.WriteLine($"  {example}");
        }

        return true;
    }
}
