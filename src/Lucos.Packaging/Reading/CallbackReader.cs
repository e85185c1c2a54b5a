using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>Reads the callbacks.</summary>
internal static class CallbackReader
{
    public static IReadOnlyList<PackagedCallback> Read(PackageFile file, DiagnosticBag diagnostics)
    {
        const string Section = PackageFormat.SectionCallbacks;
        var relocations = file.RelocationsOf(Section);
        var callbacks = new List<PackagedCallback>();
        foreach (var (index, raw) in file.Array<PackageCallback>(Section, UpdateLimits.MaxCallbacks, diagnostics).Index())
        {
            var kind = (CallbackKind)raw.Kind;
            var offset = ((ulong)index * (ulong)WireCodec.SizeOf<PackageCallback>()) + (2 * sizeof(uint));
            if (kind is not (CallbackKind.Startup or CallbackKind.Cleanup) || raw.Pad != 0)
            {
                diagnostics.Add(Refusal.BadPackage, $"{Section}[{index}]", $"kind {raw.Kind} is not known");
            }
            else if (callbacks.Any(c => c.Kind == kind))
            {
                diagnostics.Add(Refusal.BadPackage, $"{Section}[{index}]", $"a second {kind} callback; call both functions from one");
            }
            else if (file.Follow(relocations, offset) is not { } place)
            {
                diagnostics.Add(Refusal.BadPackage, $"{Section}[{index}]", "the function is not code in an executable section of the package");
            }
            else
            {
                callbacks.Add(new PackagedCallback(kind, place));
            }
        }

        return callbacks;
    }
}
