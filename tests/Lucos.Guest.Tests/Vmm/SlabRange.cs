namespace Lucos.Guest.Tests.Vmm;

/// <summary>The pages of one slab.</summary>
/// <param name="Cache">Its cache.</param>
/// <param name="Start">Guest-physical.</param>
/// <param name="End">Behind its last page.</param>
/// <param name="Objects">Where the first object lies.</param>
/// <param name="Stride">From one to the next.</param>
internal sealed record SlabRange(string Cache, ulong Start, ulong End, ulong Objects, ulong Stride)
{
    internal bool Contains(ulong physical) => physical >= Start && physical < End;

    /// <summary>The cache and the field.</summary>
    internal string Name(ulong physical)
    {
        if (physical < Objects)
        {
            return $"slab {Cache}: header";
        }

        var offset = (physical - Objects) % Stride;
        return Cache == "thread" ? $"thread.{KernelStructures.ThreadField(offset)}" : $"slab {Cache}: +0x{offset & ~7UL:x}";
    }
}
