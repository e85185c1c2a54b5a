using System.Globalization;
using System.Text;
using Lucos.Control.Guests;
using Lucos.Control.Scenarios.Language;
using Lucos.UpdateServer.Updates;

namespace Lucos.Control.Debugging;

/// <summary>What gdb's <c>monitor</c> answers about a guest.</summary>
/// <param name="guest">The guest now: a reset makes another of it.</param>
internal sealed class MonitorCommands(Func<IGuest> guest)
{
    private const string Help = """
        lucos status   version of the kernel, time, updates and who they wait for
        lucos cpus     registers and backtraces of all processors
        reset          builds the machine anew and boots it; breakpoints stay set, watchpoints do not
        phys on|off    memory commands take physical addresses, or virtual ones again
        help           this

        """;

    /// <summary>Answers a command.</summary>
    /// <param name="command">What was typed behind <c>monitor</c>.</param>
    /// <returns>Lines for a person to read.</returns>
    internal string Answer(string command) => command switch
    {
        "help" or "" => Help,
        "lucos status" => Status(guest()),
        "lucos cpus" => guest().DescribeProcessor(),
        _ => $"unknown-command: '{(command.Length > 40 ? command[..40] + "..." : command)}'; try 'monitor help'\n",
    };

    private static string Status(IGuest guest)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"kernel {guest.EffectiveVersion}, booted {guest.BootedVersion}; ");
        text.Append(CultureInfo.InvariantCulture, $"{guest.Blocks} blocks, {guest.VirtualNanoseconds / 1e9:0.000000} s\n");
        foreach (var update in guest.Updates)
        {
            Describe(update, text);
        }

        return guest.Updates.Count == 0 ? text.Append("no updates\n").ToString() : text.ToString();
    }

    private static void Describe(UpdateInfo update, StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"{update.Name} {update.Version}: {StateNames.Of(update.State)}; functions {string.Join(", ", update.Functions)}\n");
        if (update.Detail.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {update.Detail}\n");
        }

        foreach (var blocker in update.Blockers)
        {
            text.Append(CultureInfo.InvariantCulture, $"  waits for thread {blocker.ThreadId} ({blocker.ThreadName}) in {blocker.Function}, frame {blocker.Frame}\n");
        }
    }
}
