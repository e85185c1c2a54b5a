using Lucos.Abi;
using Lucos.Bench.Machines;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;

namespace Lucos.Bench.Data;

/// <summary>
/// Applies an update to a fork of a guest and stops it in the hypercall that applies: from there on the guest need not make sense. The manager's
/// part is taken from when it parks the processors for the last time.
/// </summary>
public sealed class PauseProbe : IJournal
{
    private const string ParkFunction = "cpus_park";
    private const ulong Slice = 100_000_000;
    private VmmGuest? _guest;
    private bool _applied;

    /// <summary>Measures once.</summary>
    /// <param name="machine">The guest, which stays as it is.</param>
    /// <param name="package">The update.</param>
    /// <exception cref="LucosException">It was refused.</exception>
    public static PauseSample Measure(UpdatableMachine machine, byte[] package)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var probe = new PauseProbe();
        using UpdatableMachine fork = machine.Fork(probe);
        probe._guest = fork.Guest;
        return probe.Apply(package);
    }

    /// <inheritdoc/>
    public void Write(JournalRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Name == DataUpdate.Name && record.Event is JournalEvents.Draining or JournalEvents.Finished)
        {
            _applied = true;
            _guest!.RequestStop();
        }
    }

    private PauseSample Apply(byte[] package)
    {
        // A guest that was booted has it; one that was forked makes it on first use.
        _ = _guest!.Machine.Service;
        ulong parked = 0;
        ulong park = _guest.FindFunctions(ParkFunction)[0].Address;
        _guest.AddBreakpoint(park);
        ulong request = _guest.Submit(RequestKind.Apply, DataUpdate.Name, package);
        while (!_applied)
        {
            GuestStop stop = _guest.Run(Slice);
            if (!stop.CanRunOn || _guest.AnswerTo(request) is { Refusal: not Refusal.None })
            {
                UpdateInfo? update = _guest.Updates is [.., var last] ? last : null;
                throw new LucosException(ExitCode.Internal, "benchmark-failed", $"{DataUpdate.Name} was not applied ({stop.Kind}): {update?.Refusal} {update?.Detail}");
            }

            parked = stop.Kind == GuestStopKind.Breakpoint && _guest.InstructionPointer == park ? _guest.VirtualNanoseconds : parked;
        }

        return new PauseSample(_guest.Updates[^1].ApplyPause, (_guest.VirtualNanoseconds - parked) / 1e3);
    }
}
