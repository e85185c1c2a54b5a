namespace Lucos.Packaging.Inspection;

/// <summary>A range of a type's old version that no transfer may lose.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Size">Bytes.</param>
public sealed record FieldDescription(uint Offset, uint Size);
