namespace Lucos.Packaging.Reading;

/// <summary>The checked contents of a manifest.</summary>
internal sealed record Manifest(string Name, string Version, string Description, ReadOnlyMemory<byte> BuildId);
