using System.Globalization;
using System.Text;
using Lucos.Abi;
using static Lucos.Abi.UpdateState;

namespace Lucos.UpdateServer.States;

/// <summary>The one table of commands, states in which they are legal, and the state after them.</summary>
public static class TransitionTable
{
    private static readonly Transition[] Table =
    [
        Row(UpdateCommand.Verify, "verify", "server, during APPLY", [Submitted], Verified),
        Row(UpdateCommand.Prepare, "prepare", "server, during APPLY", [Verified], Prepared),
        Row(UpdateCommand.Refuse, "refuse", "server, during APPLY", [Submitted, Verified, Prepared], Refused),
        Row(UpdateCommand.Abort, "abort", "server, during APPLY", [Prepared], Aborted),
        Row(UpdateCommand.Commit, "commit", "server, during APPLY", [Prepared], Coexisting),
        Row(UpdateCommand.Drain, "drain", "server, during APPLY", [Coexisting], Draining),
        Row(UpdateCommand.ReportOld, "report-old", "manager, REPORT of old code", [Draining], null),
        Row(UpdateCommand.Finish, "finish", "server, when nobody is left in old code, or after COMPLETE", [Coexisting, Draining], Finished),
        Row(UpdateCommand.RollBack, "roll-back", "manager, ROLLBACK", [Coexisting, Draining, Finished], RollingBack),
        Row(UpdateCommand.ReportNew, "report-new", "manager, REPORT of new code", [RollingBack], null),
        Row(UpdateCommand.Retire, "retire", "server, when nobody is left in new code, or after COMPLETE", [RollingBack], RolledBack),
        Row(UpdateCommand.RetireData, "retire-data", "manager, RETIRE", [Draining, RollingBack], null),
        Row(UpdateCommand.ReportRetired, "report-retired", "manager, REPORT behind RETIRE of the code that stays", [Draining, RollingBack], null),
        Row(UpdateCommand.Complete, "complete", "manager, COMPLETE; `finish` or `retire` follows", [Draining, RollingBack], null),
        Row(UpdateCommand.Fail, "fail", "server, when a state transfer failed while both versions lived", [Draining, RollingBack], RollingBack),
        Row(UpdateCommand.Born, "born", "manager, BORN", [Draining, Finished, RollingBack], null),
        Row(UpdateCommand.Died, "died", "manager, DIED", [Draining, Finished, RollingBack], null),
        Row(UpdateCommand.Release, "release", "manager, RELEASED", [RolledBack], null),
    ];

    /// <summary>All rows, in the order of an update's life.</summary>
    public static IReadOnlyList<Transition> Rows => Table;

    /// <summary>The row of <paramref name="command"/>.</summary>
    public static Transition For(UpdateCommand command) => Table[(int)command];

    /// <summary>The table as the rows of a Markdown table, as the README shows it.</summary>
    public static string Render()
    {
        var text = new StringBuilder("| command | who may run it | allowed in | next |\n|---|---|---|---|\n");
        foreach (Transition row in Table)
        {
            string next = row.Next?.ToString() ?? "stays";
            text.Append(CultureInfo.InvariantCulture, $"| `{row.Name}` | {row.Issuer} | {string.Join(", ", row.Allowed)} | {next} |\n");
        }

        return text.ToString();
    }

    private static Transition Row(UpdateCommand command, string name, string issuer, UpdateState[] allowed, UpdateState? next) =>
        new(command, name, issuer, allowed, next);
}
