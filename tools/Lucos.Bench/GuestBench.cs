using System.Diagnostics;
using Lucos.Control.Guests;

namespace Lucos.Bench;

/// <summary>What the benchmarks that run a guest share.</summary>
public sealed class GuestBench
{
    /// <summary>Guest blocks that any one step may take.</summary>
    public const ulong Budget = 20_000_000_000;

    private readonly VmmGuestStarter _starter;

    /// <summary>Finds the built guest.</summary>
    public GuestBench()
    {
        Files = GuestFiles.Find();
        _starter = new VmmGuestStarter(Files);
    }

    /// <summary>The built files.</summary>
    public GuestFiles Files { get; }

    /// <summary>Makes a guest that has not run yet, with its Update Server.</summary>
    public IGuest Start() => _starter.Start(new GuestSettings(), null);

    /// <summary>Runs a command in the guest's shell and returns what it took in wall time.</summary>
    /// <param name="session">The guest, at its prompt.</param>
    /// <param name="command">The command; it must succeed.</param>
    public static TimeSpan Time(GuestSession session, string command)
    {
        ArgumentNullException.ThrowIfNull(session);
        long start = Stopwatch.GetTimestamp();
        CommandResult result = session.Run(command, Budget);
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        return result.ExitStatus == 0
            ? taken
            : throw new InvalidOperationException($"'{command}' ended with status {result.ExitStatus} in the guest: {result.Output}");
    }
}
