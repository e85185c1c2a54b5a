using Lucos.UpdateServer.Journal;

namespace Lucos.UpdateServer.Tests.World;

public sealed class ListJournal : IJournal
{
    public List<JournalRecord> Records { get; } = [];

    public void Write(JournalRecord record) => Records.Add(record);
}
