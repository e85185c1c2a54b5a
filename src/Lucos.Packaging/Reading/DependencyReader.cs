using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>Reads dependencies and conflicts.</summary>
internal static class DependencyReader
{
    public static IReadOnlyList<PackagedDependency> Read(PackageFile file, DiagnosticBag diagnostics)
    {
        var dependencies = new List<PackagedDependency>();
        foreach (var (index, raw) in file.Array<PackageDependency>(PackageFormat.SectionDeps, UpdateLimits.MaxDependencies, diagnostics).Index())
        {
            var kind = (DependencyKind)raw.Kind;
            var name = "";
            if (kind is DependencyKind.DependsOn or DependencyKind.ConflictsWith && raw.Pad == 0
                && PackageText.TryRead(raw.Name, out name) && UpdateName.IsValid(name) && PackageText.TryReadWord(raw.Version, out var version))
            {
                dependencies.Add(new PackagedDependency(kind, name, version));
            }
            else
            {
                diagnostics.Add(Refusal.BadPackage, $"{PackageFormat.SectionDeps}[{index}]", $"kind {raw.Kind}, name \"{raw.Name}\": kind, name or version is not allowed");
            }
        }

        return dependencies;
    }
}
