using Lucos.Elf;

namespace Lucos.Packaging;

/// <summary>A package whose structure and digest have been checked. Whether it fits a kernel is <see cref="PackageVerifier"/>'s question.</summary>
public sealed record UpdatePackage
{
    /// <summary>The file.</summary>
    public required ElfFile File { get; init; }

    /// <summary>Name of the update.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the update.</summary>
    public required string Version { get; init; }

    /// <summary>What the update does.</summary>
    public required string Description { get; init; }

    /// <summary>Build-id of the kernel that it was made for, 20 bytes.</summary>
    public required ReadOnlyMemory<byte> BuildId { get; init; }

    /// <summary>Functions that it replaces.</summary>
    public required IReadOnlyList<PackagedFunction> Functions { get; init; }

    /// <summary>Dependencies and conflicts.</summary>
    public required IReadOnlyList<PackagedDependency> Dependencies { get; init; }

    /// <summary>Data structures that it changes.</summary>
    public required IReadOnlyList<PackagedType> Types { get; init; }

    /// <summary>Fields of their old versions that no transfer may lose.</summary>
    public required IReadOnlyList<PackagedField> Fields { get; init; }

    /// <summary>Which functions handle which types, where the author says so.</summary>
    public required IReadOnlyList<PackagedHandler> Handlers { get; init; }

    /// <summary>Callbacks.</summary>
    public required IReadOnlyList<PackagedCallback> Callbacks { get; init; }

    /// <summary>The digest of the file, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> Digest { get; init; }

    /// <summary>The types that a function handles: all of them if the author says nothing of it.</summary>
    /// <param name="function">A function of the package.</param>
    public IReadOnlyList<PackagedType> TypesOf(PackagedFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        PackagedHandler[] said = [.. Handlers.Where(handler => handler.IsAbout(function.New))];
        return said.Length == 0 ? Types : [.. Types.Where(type => said.Any(handler => handler.Type?.Name == type.Name))];
    }

    /// <summary>Names of the kernel's symbols that it uses, as they stand in its symbol table. The null symbol is none, whatever its name.</summary>
    public IEnumerable<string> Imports => File.Symbols.Where(s => s is { Index: > 0, IsDefined: false, Name.Length: > 0 }).Select(s => s.Name).Distinct();
}
