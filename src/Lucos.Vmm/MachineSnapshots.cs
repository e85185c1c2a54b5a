using Lucos.Unicorn;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm;

/// <summary>Snapshots and forks: the machine's side of them.</summary>
public sealed partial class Machine
{
    /// <summary>
    /// Takes a snapshot: all that the machine's future depends on, at the instruction boundary at which it stands. Between runs only. The
    /// machine goes on as if nothing had happened.
    /// </summary>
    /// <exception cref="InvalidOperationException">The machine runs.</exception>
    /// <exception cref="SnapshotException">The machine has ended, or a piece of it can't be saved now.</exception>
    public MachineSnapshot TakeSnapshot()
    {
        if (_host.IsRunning)
        {
            throw new InvalidOperationException("machine-runs: a snapshot is taken between two runs, not in a handler of one");
        }

        if (_ended is not null)
        {
            throw new SnapshotException($"machine-ended: it stopped for good ({_ended.GetType().Name}); there is nothing to continue");
        }

        Protection.RequireComplete();
        Protection.RequireNoBoundary();
        IReadOnlyList<StateSection> sections = State.Save();
        return new MachineSnapshot(_options with { Initramfs = default }, sections, Memory.Backing.TakeImage(), Clock.Blocks, Clock.Now);
    }

    /// <summary>
    /// A second machine that continues from where this one stands; neither sees what the other does from now on. What is built on top of
    /// this machine (the Update Server) has to be attached to the new one before it runs. For many forks of one moment take one snapshot.
    /// </summary>
    /// <exception cref="InvalidOperationException">The machine runs.</exception>
    /// <exception cref="SnapshotException">The machine has ended, or a piece of it can't be saved now.</exception>
    public Machine Fork()
    {
        using MachineSnapshot snapshot = TakeSnapshot();
        return snapshot.Fork();
    }

    internal static Machine Restore(MachineOptions options, MemoryImage image, IReadOnlyList<StateSection> sections)
    {
        Machine machine = new(options, () => new GuestMemory(image));
        try
        {
            machine.State.Load(sections);
            return machine;
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }
}
