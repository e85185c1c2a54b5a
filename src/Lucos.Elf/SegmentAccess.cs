namespace Lucos.Elf;

/// <summary>Permissions of a segment (p_flags).</summary>
[Flags]
public enum SegmentAccess : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Executable.</summary>
    Execute = 1,

    /// <summary>Writable.</summary>
    Write = 2,

    /// <summary>Readable.</summary>
    Read = 4,
}
