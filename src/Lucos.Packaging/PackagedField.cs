namespace Lucos.Packaging;

/// <summary>A field of a type's old version that no transfer may lose.</summary>
/// <param name="Type">The type.</param>
/// <param name="Offset">First byte of the field in the old version.</param>
/// <param name="Size">Bytes of the field.</param>
public sealed record PackagedField(PackagedType Type, uint Offset, uint Size);
