using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Lucos.Cli.Commands;

/// <summary>Help as the parser makes it, and then the command's examples.</summary>
internal sealed class ExamplesHelpAction : SynchronousCommandLineAction
{
    private static readonly string[] s_rootExamples = ["lucos demo", "lucos run --name first", "lucos update apply fix-readlog.lup --guest first"];

    private readonly HelpAction _help;

    /// <summary>Wraps the parser's help.</summary>
    public ExamplesHelpAction(HelpAction help) => _help = help;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var result = _help.Invoke(parseResult);
        IReadOnlyList<string> examples = parseResult.CommandResult.Command is LucosCommand command ? command.Examples : s_rootExamples;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            output.WriteLine($"  {example}");
        }

        return result;
    }
}
