namespace Lucos.UpdateServer.Data;

/// <summary>The part of a version that lies in one page.</summary>
/// <param name="Start">First byte, within the page.</param>
/// <param name="End">First byte behind it, within the page.</param>
/// <param name="Instance">The instance; null for memory that transfers work in.</param>
/// <param name="Side">Which version.</param>
/// <param name="Offset">Where in the version it starts.</param>
/// <param name="Owner">What it is, for refusals.</param>
internal readonly record struct Segment(int Start, int End, Instance? Instance, Side Side, uint Offset, string Owner);
