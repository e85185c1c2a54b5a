namespace Lucos.Control.Scenarios.Language;

/// <summary>A key of an object and what it may hold.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">What it may hold.</param>
/// <param name="IsRequired">Whether it must be there.</param>
public sealed record FieldSpec(string Key, ValueSpec Value, bool IsRequired = false);
