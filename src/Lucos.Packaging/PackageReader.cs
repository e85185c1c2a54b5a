using Lucos.Abi;
using Lucos.Elf;
using Lucos.Packaging.Reading;

namespace Lucos.Packaging;

/// <summary>
/// Reads a package and checks everything that can be checked without a kernel, in this order: size and ELF structure,
/// manifest, dependencies, functions, types, fields, handlers, callbacks, digest, duplicate targets. It applies the rules of the guest's Update Manager.
/// </summary>
public static class PackageReader
{
    /// <summary>Reads a package. Hostile input is refused with diagnostics; no exception leaves this method.</summary>
    /// <param name="bytes">The whole file; it is kept, not copied.</param>
    /// <param name="diagnostics">What is wrong, if the result is null.</param>
    /// <returns>The package, or null.</returns>
    public static UpdatePackage? Read(ReadOnlyMemory<byte> bytes, DiagnosticBag diagnostics)
    {
        ArgumentNullException.ThrowIfNull(diagnostics);
        try
        {
            return ReadChecked(bytes, diagnostics);
        }
        catch (ElfFormatException error)
        {
            diagnostics.Add(error.Error == ElfError.TooMany ? Refusal.TooLarge : Refusal.BadPackage, "package", error.Message);
            return null;
        }
    }

    private static UpdatePackage? ReadChecked(ReadOnlyMemory<byte> bytes, DiagnosticBag diagnostics)
    {
        var file = PackageFile.Open(bytes, diagnostics);
        if (file is null)
        {
            return null;
        }

        var manifest = ManifestReader.Read(file, expectedFlags: PackageFormat.PackageFlagBuilt, diagnostics);
        var dependencies = DependencyReader.Read(file, diagnostics);
        var functions = FunctionReader.Read(file, diagnostics);
        var types = TypeReader.Read(file, diagnostics);
        var fields = FieldReader.Read(file, types, diagnostics);
        var handlers = HandlerReader.Read(file, FunctionReader.NewFunctions(file), types, diagnostics);
        var callbacks = CallbackReader.Read(file, FunctionReader.NewFunctions(file), types, diagnostics);
        var digest = diagnostics.HasAny ? null : SignatureReader.Read(file, diagnostics);
        if (diagnostics.HasAny || manifest is null || digest is null)
        {
            return null;
        }

        CheckDuplicates(functions, diagnostics);
        return diagnostics.HasAny ? null : new UpdatePackage
        {
            File = file.Elf,
            Name = manifest.Name,
            Version = manifest.Version,
            Description = manifest.Description,
            BuildId = manifest.BuildId,
            Functions = functions,
            Dependencies = dependencies,
            Types = [.. types.OfType<PackagedType>()],
            Fields = fields,
            Handlers = handlers,
            Callbacks = callbacks,
            Digest = digest,
        };
    }

    private static void CheckDuplicates(IReadOnlyList<PackagedFunction> functions, DiagnosticBag diagnostics)
    {
        foreach (var group in functions.GroupBy(f => f.OldAddress).Where(g => g.Count() > 1))
        {
            diagnostics.Add(Refusal.DuplicateTarget, group.First().QualifiedName, $"replaced {group.Count()} times, by {string.Join(", ", group.Select(f => f.New.Name))}");
        }
    }
}
