namespace Lucos.Packaging.Inspection;

/// <summary>What a package holds, in plain values that serialise as they are.</summary>
public sealed record PackageDescription
{
    /// <summary>Name of the update.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the update.</summary>
    public required string Version { get; init; }

    /// <summary>What the update does.</summary>
    public required string Description { get; init; }

    /// <summary>Build-id of the kernel that it was made for, in hexadecimal.</summary>
    public required string BuildId { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required int FileBytes { get; init; }

    /// <summary>Digest of the file in hexadecimal; it has been compared with the file.</summary>
    public required string Digest { get; init; }

    /// <summary>Functions that it replaces.</summary>
    public required IReadOnlyList<FunctionDescription> Functions { get; init; }

    /// <summary>Updates that it needs: name and version, if one is asked for.</summary>
    public required IReadOnlyList<string> DependsOn { get; init; }

    /// <summary>Updates that it can't stand beside.</summary>
    public required IReadOnlyList<string> ConflictsWith { get; init; }

    /// <summary>Startup function, or null.</summary>
    public required string? Startup { get; init; }

    /// <summary>Cleanup function, or null.</summary>
    public required string? Cleanup { get; init; }

    /// <summary>Callbacks that are about a function or a type.</summary>
    public required IReadOnlyList<CallbackDescription> Callbacks { get; init; }

    /// <summary>Data structures that it changes.</summary>
    public required IReadOnlyList<TypeDescription> Types { get; init; }

    /// <summary>Symbols of the kernel that it uses.</summary>
    public required IReadOnlyList<string> Imports { get; init; }

    /// <summary>Relocations of what is loaded.</summary>
    public required IReadOnlyList<RelocationDescription> Relocations { get; init; }
}
