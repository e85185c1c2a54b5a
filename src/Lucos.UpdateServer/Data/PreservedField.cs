namespace Lucos.UpdateServer.Data;

/// <summary>A range of the old version that no transfer may lose.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Size">Bytes.</param>
internal readonly record struct PreservedField(uint Offset, uint Size);
