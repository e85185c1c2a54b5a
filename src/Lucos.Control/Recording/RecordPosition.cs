using System.Globalization;
using System.Text.Json.Serialization;

namespace Lucos.Control.Recording;

/// <summary>
/// A point of a run at which it can stand still. Blocks alone don't name it: an idle guest's time moves on without them, and a breakpoint
/// stops inside a block.
/// </summary>
/// <param name="Blocks">Guest blocks executed.</param>
/// <param name="Time">The guest's time in nanoseconds.</param>
/// <param name="Stops">Breakpoints met so far: each cuts a block in two, so a replay must meet them too.</param>
public readonly record struct RecordPosition(
    [property: JsonPropertyName("blocks")] ulong Blocks,
    [property: JsonPropertyName("time")] ulong Time,
    [property: JsonPropertyName("stops")] ulong Stops)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"block {Blocks} ({Time} ns)");
}
