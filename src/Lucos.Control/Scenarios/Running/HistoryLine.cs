using Lucos.Abi;
using Lucos.UpdateServer.Journal;

namespace Lucos.Control.Scenarios.Running;

/// <summary>A journal record as a line that is the same in every run: without sequence numbers, block counts and host time.</summary>
public static class HistoryLine
{
    /// <summary>Renders a record.</summary>
    /// <param name="record">The record.</param>
    public static string Render(JournalRecord record)
    {
        var refusal = record.Refusal == Refusal.None ? "" : $" {record.Refusal.Id()}";
        var detail = record.Detail.Length == 0 ? "" : $": {record.Detail}";
        return $"{record.Event} {record.Name}{refusal}{detail}";
    }
}
