using Lucos.UpdateServer.Journal;
using Microsoft.Extensions.Logging;

namespace Lucos.Cli.Hosting;

/// <summary>Writes the journal of a guest to the log.</summary>
internal sealed class LogJournal : IJournal
{
    private readonly ILogger<LogJournal> _log;

    /// <summary>Makes a journal.</summary>
    public LogJournal(ILogger<LogJournal> log) => _log = log;

    /// <inheritdoc/>
    public void Write(JournalRecord record) => _log.LogInformation("journal {Record}", record.ToJson());
}
