using Lucos.UpdateServer.Journal;
using Lucos.Vmm.Snapshots;

namespace Lucos.Control.Guests;

/// <summary>A snapshot of a <see cref="VmmGuest"/>.</summary>
public sealed class VmmGuestSnapshot : IGuestSnapshot
{
    /// <summary>Makes guests of a machine's snapshot.</summary>
    /// <param name="machine">The snapshot; its options must have the kernel. It is disposed of with this object.</param>
    public VmmGuestSnapshot(MachineSnapshot machine) => Machine = machine;

    /// <summary>The machine's snapshot.</summary>
    public MachineSnapshot Machine { get; }

    /// <inheritdoc/>
    public ulong Blocks => Machine.Blocks;

    /// <summary>Makes a guest that continues from here.</summary>
    /// <param name="journal">Takes its journal records from now on.</param>
    public VmmGuest Fork(IJournal journal) => new(Machine, journal);

    /// <inheritdoc/>
    public long Save(string path) => SnapshotFile.Save(Machine, path);

    /// <inheritdoc/>
    public IGuest Fork() => Fork(NullJournal.Instance);

    /// <inheritdoc/>
    public void Dispose() => Machine.Dispose();
}
