using System.CommandLine;
using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary>What commands that record guests have in common.</summary>
internal static class RecordOption
{
    /// <summary>The option for exact records.</summary>
    internal static Option<bool> Exact() => new("--record-exact")
    {
        Description = "Record a digest of every block too (2 bytes each), so that a replay finds the first block that differs",
    };

    /// <summary>Where to record to; null for nowhere.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="record">The option that says where.</param>
    /// <param name="exact">The option of <see cref="Exact"/>.</param>
    /// <exception cref="LucosException">An exact record is asked for, and none is written.</exception>
    internal static string? Read(ParseResult parsed, Option<string?> record, Option<bool> exact) => parsed.GetValue(record) is { } target
        ? target
        : parsed.GetValue(exact)
            ? throw new LucosException(ExitCode.Usage, "no-record", $"{exact.Name} says how to record: say by {record.Name} where to")
            : null;
}
