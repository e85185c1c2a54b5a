using Lucos.Unicorn;

namespace Lucos.Vmm.Snapshots;

/// <summary>
/// A machine as it was at one moment. Never changes; any number of machines can be made of it, which share its RAM until they store to it.
/// May be used from any thread.
/// </summary>
public sealed class MachineSnapshot : IDisposable
{
    private readonly MachineOptions _options;
    private readonly MemoryImage _image;

    internal MachineSnapshot(MachineOptions options, IReadOnlyList<StateSection> sections, MemoryImage image, ulong blocks, ulong nanoseconds)
    {
        _options = options;
        _image = image;
        Sections = sections;
        Blocks = blocks;
        Nanoseconds = nanoseconds;
    }

    /// <summary>What the machine is made of, without the initial file system.</summary>
    public MachineOptions Options => _options;

    /// <summary>Its state besides RAM.</summary>
    public IReadOnlyList<StateSection> Sections { get; }

    /// <summary>Blocks it had executed.</summary>
    public ulong Blocks { get; }

    /// <summary>Its virtual time.</summary>
    public ulong Nanoseconds { get; }

    /// <summary>Pages of RAM that every fork gets a copy of at once; all others it shares until it stores to them.</summary>
    public int CopiedPages => _image.CopiedPages;

    internal MemoryImage Image => _image;

    /// <summary>Makes a machine that continues from here. What was built on the original (the Update Server) must be attached before it runs.</summary>
    /// <exception cref="SnapshotException">The state does not fit this program; only possible for one that came from a file.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot has been disposed of.</exception>
    public Machine Fork() => Machine.Restore(_options, _image, Sections);

    /// <inheritdoc/>
    public void Dispose() => _image.Dispose();
}
