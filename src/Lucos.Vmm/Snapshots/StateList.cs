namespace Lucos.Vmm.Snapshots;

/// <summary>
/// All that a snapshot of a machine holds besides RAM. The machine adds its own pieces; what is built on top of it (the Update Server)
/// adds its own too, and gets its state back at that moment when the machine was made from a snapshot.
/// </summary>
public sealed class StateList
{
    private readonly List<IStateful> _pieces = [];
    private readonly Dictionary<string, StateSection> _waiting = new(StringComparer.Ordinal);

    /// <summary>Names of the sections of a snapshot that nobody has taken over yet. A machine can't run before it is empty.</summary>
    public IReadOnlyCollection<string> Waiting => _waiting.Keys;

    /// <summary>Adds a piece; when the machine was made from a snapshot, its state is loaded now.</summary>
    /// <exception cref="InvalidOperationException">There is a piece of this name.</exception>
    /// <exception cref="SnapshotException">The snapshot's section is damaged, or of another version.</exception>
    public void Add(IStateful piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        if (_pieces.Exists(other => other.StateName == piece.StateName))
        {
            throw new InvalidOperationException($"state-name-taken: two pieces of the machine call their state '{piece.StateName}'");
        }

        _pieces.Add(piece);
        if (_waiting.Remove(piece.StateName, out StateSection? section))
        {
            LoadInto(piece, section);
        }
    }

    /// <summary>Saves every piece, in the order in which they were added.</summary>
    public IReadOnlyList<StateSection> Save()
    {
        if (_waiting.Count > 0)
        {
            throw new SnapshotException($"state-not-taken-over: nobody has taken over {string.Join(", ", _waiting.Keys)} of the snapshot this machine was made from");
        }

        return [.. _pieces.Select(Save)];
    }

    /// <summary>Loads the pieces that are there; the other sections wait for <see cref="Add"/>.</summary>
    /// <exception cref="SnapshotException">A section is missing, doubled, damaged or of another version; the machine is of no use any more.</exception>
    internal void Load(IEnumerable<StateSection> sections)
    {
        foreach (StateSection section in sections)
        {
            if (!_waiting.TryAdd(section.Name, section))
            {
                throw new SnapshotException($"snapshot-damaged: section '{section.Name}' comes twice");
            }
        }

        foreach (IStateful piece in _pieces)
        {
            LoadInto(piece, _waiting.Remove(piece.StateName, out StateSection? section) ? section : throw Missing(piece));
        }
    }

    internal void RequireComplete()
    {
        if (_waiting.Count > 0)
        {
            throw new InvalidOperationException(
                $"state-not-taken-over: nobody has taken over {string.Join(", ", _waiting.Keys)} of the snapshot; attach the Update Server before running");
        }
    }

    private static StateSection Save(IStateful piece)
    {
        StateWriter writer = new();
        piece.Save(writer);
        return new StateSection(piece.StateName, piece.StateVersion, writer.Written);
    }

    private static void LoadInto(IStateful piece, StateSection section)
    {
        if (section.Version != piece.StateVersion)
        {
            throw new SnapshotException(
                $"snapshot-version: section '{section.Name}' has version {section.Version}, this program reads {piece.StateVersion}; restore it with the program that wrote it");
        }

        StateReader reader = new(section);
        piece.Load(reader);
        reader.RequireEnd();
    }

    private static SnapshotException Missing(IStateful piece) =>
        new($"snapshot-damaged: section '{piece.StateName}' is missing; was it taken of a machine with other devices or processors?");
}
