using System.Text.RegularExpressions;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Updates;

/// <summary>A job whose processes stay asleep inside of the kernel until they are woken.</summary>
/// <param name="Command">How it is started.</param>
/// <param name="Program">Which of its programs sleeps there.</param>
/// <param name="Queue">The wait queue, which tells the function.</param>
/// <param name="Count">How many processes sleep on it.</param>
internal sealed record Sleeper(string Command, string Program, string Queue, int Count = 1)
{
    private const int MostLooks = 200;

    /// <summary>Starts it, and lets the guest run until all of them are asleep.</summary>
    /// <returns>The job's process.</returns>
    internal string Start(UpdatableGuest guest)
    {
        var process = GuestLoad.StartJob(guest, Command);
        var asleep = new Regex($@"(?m)^.* S +\d+ {Queue} +{Program}\s*$");
        var processes = "";
        for (var looks = 0; looks < MostLooks && asleep.Count(processes) < Count; looks++)
        {
            processes = guest.Run("ps").Output;
        }

        Assert.That(asleep.Count(processes), Is.EqualTo(Count), processes);
        return process;
    }
}
