namespace Lucos.Abi.Rendering;

/// <summary>One field of a shared struct.</summary>
/// <param name="Name">Name in C#.</param>
/// <param name="CName">Name in C.</param>
/// <param name="CType">Element type in C.</param>
/// <param name="Count">Elements of an array; 0 when the field is a scalar.</param>
/// <param name="Offset">Bytes from the start of the struct.</param>
/// <param name="Size">Bytes of the field.</param>
public sealed record WireField(string Name, string CName, string CType, int Count, int Offset, int Size);
