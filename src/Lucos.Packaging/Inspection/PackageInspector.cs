using System.Globalization;
using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Inspection;

/// <summary>Describes a package for <c>lucos patch inspect</c>.</summary>
public static class PackageInspector
{
    /// <summary>Describes a package.</summary>
    /// <param name="package">A package that has been read, and so checked.</param>
    /// <param name="kernel">The kernel that it is for, to name what old code calls; null when it is not at hand.</param>
    public static PackageDescription Describe(UpdatePackage package, KernelImage? kernel = null)
    {
        ArgumentNullException.ThrowIfNull(package);
        return new PackageDescription
        {
            Name = package.Name,
            Version = package.Version,
            Description = package.Description,
            BuildId = Convert.ToHexStringLower(package.BuildId.Span),
            FileBytes = package.File.Bytes.Length,
            Digest = Convert.ToHexStringLower(package.Digest.Span),
            Functions = [.. package.Functions.Select(f => Describe(package.File, f, kernel))],
            DependsOn = Others(package, DependencyKind.DependsOn),
            ConflictsWith = Others(package, DependencyKind.ConflictsWith),
            Startup = Callback(package, CallbackKind.Startup),
            Cleanup = Callback(package, CallbackKind.Cleanup),
            Callbacks = [.. TypeInspector.Callbacks(package)],
            Types = [.. package.Types.Select(t => TypeInspector.Describe(package, t))],
            Imports = [.. package.Imports.Order(StringComparer.Ordinal)],
            Relocations = [.. Relocations(package.File)],
        };
    }

    private static FunctionDescription Describe(ElfFile file, PackagedFunction function, KernelImage? kernel) => new(
        function.QualifiedName,
        $"0x{function.OldAddress:x}",
        function.OldBytes.Length,
        Convert.ToHexStringLower(function.OldHash.Span),
        Disassembly.OfKernel(function.OldBytes, function.OldAddress, kernel),
        function.New.Name,
        function.NewSize,
        Disassembly.OfPackage(file, function.New, function.NewSize));

    private static string[] Others(UpdatePackage package, DependencyKind kind) =>
        [.. package.Dependencies.Where(d => d.Kind == kind).Select(d => $"{d.Name} {d.Version}".TrimEnd())];

    private static string? Callback(UpdatePackage package, CallbackKind kind) =>
        package.Callbacks.FirstOrDefault(c => c.Kind == kind)?.Function.Name;

    private static IEnumerable<RelocationDescription> Relocations(ElfFile file) =>
        from table in file.Sections
        where table.Type == SectionType.Rela
        let target = file.Sections[(int)table.Info]
        where target.IsAllocated && !target.Name.StartsWith(".lucos.", StringComparison.Ordinal)
        from relocation in file.Relocations(table)
        select new RelocationDescription($"{target.Name}+0x{relocation.Offset:x}", relocation.Type.ToString(), TargetOf(file, relocation));

    /// <summary>Symbol and addend of a relocation, such as <c>printk-0x4</c>; a section's symbol is told by the section's name.</summary>
    internal static string TargetOf(ElfFile file, ElfRelocation relocation)
    {
        var symbol = file.Symbols[relocation.Symbol];
        var name = symbol.Type == SymbolType.Section && symbol.Section < file.Sections.Count ? file.Sections[symbol.Section].Name : symbol.Name;
        return relocation.Addend switch
        {
            0 => name,
            < 0 => string.Create(CultureInfo.InvariantCulture, $"{name}-0x{unchecked((ulong)-relocation.Addend):x}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{name}+0x{relocation.Addend:x}"),
        };
    }
}
