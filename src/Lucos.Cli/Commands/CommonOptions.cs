using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    /// <summary>The output format; every command takes it.</summary>
    public static Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        Description = "Format of the result on standard output; text unless said otherwise",
        HelpName = "text|json|ndjson",
        Recursive = true,
        CustomParser = ParseFormat,
    };

    /// <summary>How much the log says on standard error.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Log more on standard error",
        Recursive = true,
    };

    /// <summary>Refuses numbers out of a range; what is no number the parser complains about.</summary>
    public static void CheckRange(OptionResult result, int least, int most, string complaint)
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && (value < least || value > most))
        {
            result.AddError(complaint);
        }
    }

    /// <summary>Refuses an option that means nothing without another one, instead of passing it over.</summary>
    public static void RequireWith(CommandResult result, Option option, Option other)
    {
        if (result.GetResult(option) is { Implicit: false } && result.GetResult(other) is null or { Implicit: true })
        {
            result.AddError($"{option.Name} means nothing without {other.Name}.");
        }
    }

    private static OutputFormat ParseFormat(System.CommandLine.Parsing.ArgumentResult result)
    {
        switch (result.Tokens.Count == 1 ? result.Tokens[0].Value : "")
        {
            case "text":
                return OutputFormat.Text;
            case "json":
                return OutputFormat.Json;
            case "ndjson":
                return OutputFormat.Ndjson;
            default:
                result.AddError($"'{string.Join(' ', result.Tokens)}' is no output format; use text, json or ndjson.");
                return OutputFormat.Text;
        }
    }
}
