using System.Globalization;

namespace Lucos.Control.Recording;

/// <summary>A store to a page that differs.</summary>
/// <param name="Block">Number of the block.</param>
/// <param name="Cpu">The processor.</param>
/// <param name="Rip">The instruction.</param>
/// <param name="Function">What that is.</param>
public sealed record PageStore(ulong Block, int Cpu, ulong Rip, string? Function)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"block {Block}, processor {Cpu}, 0x{Rip:x} ({Function ?? "?"})");
}
