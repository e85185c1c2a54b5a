using System.Text;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;

namespace Lucos.Bench.Machines;

/// <summary>
/// A guest that is given updates and can be forked, so that each measurement begins with the same guest. Its times are this process's
/// processor time: host load must not look like a slow guest where differences of a hundredth count.
/// </summary>
public sealed class UpdatableMachine : BenchMachine
{
    private const ulong Slice = 100_000_000;
    private const ulong Budget = 20_000_000_000;
    private readonly VmmGuest _guest;
    private readonly GuestSession _session;

    private UpdatableMachine(VmmGuest guest)
    {
        _guest = guest;
        _session = new GuestSession(guest);
        _guest.ConsoleOutput += OnOutput;
    }

    /// <summary>Boots a guest and loads the module that <c>kbench</c> needs.</summary>
    /// <param name="files">The built guest.</param>
    /// <param name="memoryMiB">Its RAM.</param>
    /// <param name="packages">Packages that lie in the guest as <c>/updates/NAME</c>.</param>
    public static UpdatableMachine Boot(GuestFiles files, int memoryMiB, IReadOnlyDictionary<string, byte[]> packages)
    {
        ArgumentNullException.ThrowIfNull(packages);
        var settings = new GuestSettings { MemoryMiB = memoryMiB, Files = packages.ToDictionary(p => "/updates/" + p.Key, p => p.Value) };
        var machine = new UpdatableMachine((VmmGuest)new VmmGuestStarter(files).Start(settings));
        machine.AwaitPrompt();
        machine.LoadModule();
        return machine;
    }

    /// <inheritdoc/>
    public override string Name => "lucos";

    /// <summary>The guest.</summary>
    public VmmGuest Guest => _guest;

    /// <summary>A guest that goes on from where this one stands.</summary>
    /// <param name="journal">Hears of its updates.</param>
    public UpdatableMachine Fork(IJournal? journal = null)
    {
        using var snapshot = (VmmGuestSnapshot)_guest.TakeSnapshot();
        var fork = new UpdatableMachine(snapshot.Fork(journal ?? NullJournal.Instance));
        fork.Scanner.Take("\nlucos:/$ "u8);
        return fork;
    }

    /// <summary>Does one of <c>kbench</c>'s works, and complains if it fails.</summary>
    public void Do(string arguments) => Time(arguments);

    /// <summary>Applies an update that lies in the guest.</summary>
    /// <param name="package">Its name there.</param>
    /// <param name="update">The update's own name.</param>
    /// <param name="ledger">Whether with the coherence ledger.</param>
    /// <returns>The update as it is then.</returns>
    public UpdateInfo Apply(string package, string update, bool ledger = false)
    {
        Run($"lucosctl apply {(ledger ? "--verify-coherence " : "")}/updates/{package}");
        return _guest.Updates.LastOrDefault(u => u.Name == update && u.Refusal == Refusal.None)
            ?? throw new LucosException(ExitCode.Internal, "benchmark-failed", $"{update} was not applied; the console:\n{Scanner.Tail}");
    }

    /// <summary>Lets the guest run until an update is finished.</summary>
    /// <param name="update">Its name.</param>
    public void AwaitFinished(string update) => new UpdateDriver(_session).AwaitState(update, UpdateState.Finished, Budget);

    /// <inheritdoc/>
    protected override TimeSpan Now => Environment.CpuUsage.TotalTime;

    /// <inheritdoc/>
    protected override void Pump()
    {
        GuestStop stop = _guest.Run(Slice);
        if (!stop.CanRunOn)
        {
            throw Ended($"{stop}");
        }
    }

    /// <inheritdoc/>
    protected override void Type(string text) => _guest.Type(Encoding.ASCII.GetBytes(text));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _session.Dispose();
        _guest.Dispose();
    }

    private void OnOutput(ReadOnlyMemory<byte> bytes)
    {
        Scanner.Take(bytes.Span);
        if (Scanner.AtPrompt)
        {
            _guest.RequestStop();
        }
    }
}
