using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>Reads the callbacks.</summary>
internal sealed class CallbackReader
{
    private const string Section = PackageFormat.SectionCallbacks;
    private const int Function = 8;
    private const int Subject = 16;

    private readonly AddressTable _addresses;
    private readonly IReadOnlySet<(int Section, ulong Offset)> _newFunctions;
    private readonly IReadOnlyList<PackagedType?> _types;

    private CallbackReader(AddressTable addresses, IReadOnlySet<(int Section, ulong Offset)> newFunctions, IReadOnlyList<PackagedType?> types) =>
        (_addresses, _newFunctions, _types) = (addresses, newFunctions, types);

    /// <summary>Reads the callbacks.</summary>
    /// <param name="file">The package.</param>
    /// <param name="newFunctions">Where its new functions lie.</param>
    /// <param name="types">Its types.</param>
    /// <param name="diagnostics">What is wrong.</param>
    public static IReadOnlyList<PackagedCallback> Read(
        PackageFile file, IReadOnlySet<(int Section, ulong Offset)> newFunctions, IReadOnlyList<PackagedType?> types, DiagnosticBag diagnostics)
    {
        var entries = file.Array<PackageCallback>(Section, UpdateLimits.MaxCallbacks, diagnostics);
        var reader = new CallbackReader(AddressTable.Read<PackageCallback>(file, Section, Function, count: 2, diagnostics), newFunctions, types);
        var callbacks = new List<PackagedCallback>();
        foreach (var (index, raw) in entries.Index())
        {
            var callback = reader.Read(index, raw, out var fault);
            if (callback is not null && callbacks.Any(c => IsAboutTheSame(c, callback)))
            {
                fault = $"a second {callback.Kind} callback{(callback.Subject is { } subject ? $" of {subject}" : "")}; call both functions from one";
            }

            if (fault.Length > 0)
            {
                diagnostics.Add(Refusal.BadPackage, $"{Section}[{index}]", fault);
            }
            else
            {
                callbacks.Add(callback!);
            }
        }

        return callbacks;
    }

    private static bool IsAboutTheSame(PackagedCallback one, PackagedCallback other) =>
        one.Kind == other.Kind && one.NewFunction?.Offset == other.NewFunction?.Offset
        && one.NewFunction?.Section.Index == other.NewFunction?.Section.Index && one.Type?.Name == other.Type?.Name;

    private PackagedCallback? Read(int index, in PackageCallback raw, out string fault)
    {
        var kind = (CallbackKind)raw.Kind;
        var place = _addresses.Code(index, Function);
        var function = NewFunction(kind, index);
        var type = kind == CallbackKind.DataLeft ? TypeReader.At(_types, _addresses.Data(index, Subject)) : null;
        fault = Fault(kind, raw, hasSubject: _addresses.Has(index, Subject), function, type) ?? (place is null ? "the function is not code in an executable section of the package" : "");
        return fault.Length > 0 ? null : new PackagedCallback(kind, place!, function, type);
    }

    private CodePlace? NewFunction(CallbackKind kind, int index) =>
        kind is CallbackKind.FunctionLeft or CallbackKind.ThreadsLeft && _addresses.Code(index, Subject) is { } place && _newFunctions.Contains((place.Section.Index, place.Offset))
            ? place
            : null;

    private static string? Fault(CallbackKind kind, in PackageCallback raw, bool hasSubject, CodePlace? function, PackagedType? type) => kind switch
    {
        _ when !Enum.IsDefined(kind) || raw.Pad != 0 => $"kind {raw.Kind} is not known",
        CallbackKind.Startup or CallbackKind.Cleanup => hasSubject || raw.Subject != 0 ? $"a {kind} callback is about the whole update, and this one names a subject" : null,
        CallbackKind.DataLeft => type is null ? "its subject is no type of the package; name one as LUCOS_TYPE did" : null,
        _ => function is null ? "its subject is no new function of the package; name one as LUCOS_REPLACE did" : null,
    };
}
