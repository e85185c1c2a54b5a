namespace Lucos.Elf;

/// <summary>One note.</summary>
/// <param name="Name">Who defined it, such as <c>GNU</c>.</param>
/// <param name="Type">Its number there.</param>
/// <param name="Descriptor">Its contents.</param>
public sealed record ElfNote(string Name, uint Type, ReadOnlyMemory<byte> Descriptor)
{
    /// <summary>The number of GNU's build-id note.</summary>
    public const uint GnuBuildId = 3;

    /// <summary>The number of the Xen note that holds the 32-bit PVH entry.</summary>
    public const uint XenPvhEntry = 18;
}
