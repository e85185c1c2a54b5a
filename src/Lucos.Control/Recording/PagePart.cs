using System.Globalization;

namespace Lucos.Control.Recording;

/// <summary>A part of a page.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset behind its last byte.</param>
public readonly record struct PagePart(int Start, int End)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"+0x{Start:x}..0x{End - 1:x}");
}
