using System.Text;
using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>Reads the manifest of a package, or of an object that is to become one.</summary>
internal static class ManifestReader
{
    public static Manifest? Read(PackageFile file, uint expectedFlags, DiagnosticBag diagnostics)
    {
        const string Where = PackageFormat.SectionManifest;
        var found = file.Array<PackageManifest>(Where, limit: 1, diagnostics);
        if (diagnostics.HasAny)
        {
            return null;
        }

        if (found is not [var manifest])
        {
            diagnostics.Add(Refusal.BadPackage, Where, "there is none; write LUCOS_UPDATE(\"name\", \"version\", \"description\") in the source");
            return null;
        }

        CheckHeader(manifest, expectedFlags, diagnostics);
        if (!PackageText.TryRead(manifest.Name, out var name) || !UpdateName.IsValid(name))
        {
            diagnostics.Add(Refusal.BadPackage, Where, $"the name \"{manifest.Name}\" is not of the form {UpdateName.Rule}");
        }

        if (!PackageText.TryReadWord(manifest.Version, out var version) || !PackageText.TryRead(manifest.Description, out var description))
        {
            diagnostics.Add(Refusal.BadPackage, Where, "the version is not one word of ASCII, or the description is not one line, that fits its field");
            return null;
        }

        return diagnostics.HasAny ? null : new Manifest(name, version, description, manifest.BuildId.ToArray());
    }

    private static void CheckHeader(in PackageManifest manifest, uint expectedFlags, DiagnosticBag diagnostics)
    {
        const string Where = PackageFormat.SectionManifest;
        if (!manifest.Magic.ToArray().AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(PackageFormat.PackageMagic)))
        {
            diagnostics.Add(Refusal.BadPackage, Where, $"does not start with {PackageFormat.PackageMagic}");
        }
        else if (manifest.FormatVersion != PackageFormat.PackageFormatVersion || manifest.StructSize != WireCodec.SizeOf<PackageManifest>())
        {
            diagnostics.Add(Refusal.BadPackage, Where,
                $"format {manifest.FormatVersion} with a manifest of {manifest.StructSize} bytes; format {PackageFormat.PackageFormatVersion} with {WireCodec.SizeOf<PackageManifest>()} is read");
        }
        else if (manifest.Flags != expectedFlags)
        {
            var detail = expectedFlags == 0 ? "has been built already; build from the object file" : "has not been built; run lucos patch build";
            diagnostics.Add(Refusal.BadPackage, Where, $"flags 0x{manifest.Flags:x}: the package {detail}");
        }
    }
}
