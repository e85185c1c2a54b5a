using System.CommandLine;

namespace Lucos.Cli.Commands;

/// <summary>Options of commands that wait for an update.</summary>
internal static class WaitOptions
{
    private const int Most = 24 * 60 * 60;

    /// <summary>Makes the option that bounds the wait.</summary>
    /// <param name="description">What happens then.</param>
    public static Option<int?> Timeout(string description)
    {
        var option = new Option<int?>("--timeout") { Description = description, HelpName = "SECONDS" };
        option.Validators.Add(result => CommonOptions.CheckRange(result, 1, Most, $"--timeout must be 1 to {Most} seconds."));
        return option;
    }

    /// <summary>The time that was given.</summary>
    public static TimeSpan? Of(ParseResult parsed, Option<int?> option) => parsed.GetValue(option) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
}
