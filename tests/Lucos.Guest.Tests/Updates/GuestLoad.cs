using System.Text.RegularExpressions;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Updates;

/// <summary>Workloads at work in a guest. In the end each must have done something, and nothing wrong.</summary>
internal sealed partial class GuestLoad
{
    private const string ExclusiveOutput = "/tmp/load";

    private readonly UpdatableGuest _guest;
    private readonly List<(string Command, string Process)> _jobs = [];
    private PendingCommand? _exclusive;

    private GuestLoad(UpdatableGuest guest) => _guest = guest;

    internal static GuestLoad Start(UpdatableGuest guest, ReferenceUpdate update)
    {
        var load = new GuestLoad(guest);
        if (update.IsExclusive)
        {
            // Its output is counted as well, so it goes to a file, in one piece at the end.
            load._exclusive = guest.Session.Begin($"{update.Loads.Single()} > {ExclusiveOutput}");
            return load;
        }

        foreach (var command in update.Loads)
        {
            load._jobs.Add((command, StartJob(guest, command)));
        }

        return load;
    }

    /// <summary>Starts a job in the background.</summary>
    /// <returns>Its process.</returns>
    internal static string StartJob(UpdatableGuest guest, string command)
    {
        var said = guest.Run($"{command} &").Output;
        var job = JobLine().Match(said);
        Assert.That(job.Success, $"the shell did not start {command}: {said}");
        return job.Groups[1].Value;
    }

    /// <summary>Ends the load, and looks at its counters.</summary>
    internal void Stop()
    {
        if (_exclusive is not null)
        {
            _guest.Session.Finish(_exclusive, UpdatableGuest.Budget);
            AssertClean(_exclusive.Command, _guest.Run($"cat {ExclusiveOutput}; rm {ExclusiveOutput}").Output);
        }

        foreach (var (command, process) in _jobs)
        {
            AssertClean(command, _guest.Run($"kill -TERM {process}; wait {process}").Output);
        }
    }

    /// <summary>Ends what <c>sleep</c> keeps waiting.</summary>
    internal static void Wake(UpdatableGuest guest, string process) => guest.Run($"kill -TERM {SleepOf(guest)}; wait {process}");

    /// <summary>The process of <c>sleep</c>.</summary>
    internal static string SleepOf(UpdatableGuest guest)
    {
        var processes = guest.Run("ps").Output;
        var sleep = SleepLine().Match(processes);
        Assert.That(sleep.Success, processes);
        return sleep.Groups[1].Value;
    }

    // TID, PID, ..., NAME.
    [GeneratedRegex(@"^ *[0-9]+ +([0-9]+) .* sleep\s*$", RegexOptions.Multiline)]
    private static partial Regex SleepLine();

    [GeneratedRegex(@"^\[([0-9]+)\]$", RegexOptions.Multiline)]
    private static partial Regex JobLine();

    private static void AssertClean(string command, string output)
    {
        var program = command.Split(' ')[0];
        Assert.That(output, Does.Match($@"(?m)^{program}: \w+=[1-9]\d*( \w+=0)+\s*$"), command);
    }
}
