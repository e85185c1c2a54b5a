namespace Lucos.Control.Scenarios.Model;

/// <summary>How to make a package from a built one. What is null is left as it is; the edits are done in this order.</summary>
/// <param name="From">The built package's name.</param>
/// <param name="BuildId">Another build-id (40 hexadecimal digits); the digest is put right.</param>
/// <param name="OldByte">Invert this byte of the first function's expected bytes; its hash and the digest are put right.</param>
/// <param name="FlipBit">Flip this bit, counted over the whole file.</param>
/// <param name="Truncate">Keep this many bytes.</param>
public sealed record PackageEdit(string From, string? BuildId, int? OldByte, long? FlipBit, int? Truncate);
