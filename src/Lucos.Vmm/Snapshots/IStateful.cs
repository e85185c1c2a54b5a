namespace Lucos.Vmm.Snapshots;

/// <summary>
/// A piece of a machine that a snapshot must hold: everything on which the machine's future depends and that is not in RAM. It is saved
/// and loaded on the machine's thread, between runs, at an instruction boundary.
/// </summary>
public interface IStateful
{
    /// <summary>Name of its section: unique within a machine, the same in every run, lower-case letters, digits and hyphens.</summary>
    string StateName { get; }

    /// <summary>Version of what <see cref="Save"/> writes; to be raised with every change of it. Another version is refused.</summary>
    int StateVersion { get; }

    /// <summary>Writes the state. Changes nothing.</summary>
    void Save(StateWriter writer);

    /// <summary>Replaces the state by what <see cref="Save"/> wrote. What is read may be hostile: check it.</summary>
    /// <exception cref="SnapshotException">A value can't be one that was saved; the machine is of no use any more.</exception>
    void Load(StateReader reader);
}
