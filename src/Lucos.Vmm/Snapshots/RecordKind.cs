namespace Lucos.Vmm.Snapshots;

/// <summary>Kinds of a snapshot file's records, in the order in which they come.</summary>
internal enum RecordKind
{
    /// <summary>A <see cref="SnapshotDescription"/>; the first.</summary>
    Description = 1,

    /// <summary>A <see cref="StateSection"/>.</summary>
    Section = 2,

    /// <summary>Packed pages of RAM, in order of address: their number, their offsets, their content.</summary>
    Pages = 3,

    /// <summary>Numbers of sections and pages, and a SHA-256 of the file up to here; the last.</summary>
    End = 4,
}
