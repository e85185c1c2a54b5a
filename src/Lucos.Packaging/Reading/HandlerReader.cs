using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>Reads which functions handle which types.</summary>
internal sealed class HandlerReader(AddressTable addresses, IReadOnlySet<(int Section, ulong Offset)> newFunctions, IReadOnlyList<PackagedType?> types)
{
    private const string Section = PackageFormat.SectionHandlers;
    private const int Function = 0;
    private const int Type = 8;

    /// <summary>Reads the statements.</summary>
    /// <param name="file">The package.</param>
    /// <param name="newFunctions">Where its new functions lie.</param>
    /// <param name="types">Its types.</param>
    /// <param name="diagnostics">What is wrong.</param>
    public static IReadOnlyList<PackagedHandler> Read(
        PackageFile file, IReadOnlySet<(int Section, ulong Offset)> newFunctions, IReadOnlyList<PackagedType?> types, DiagnosticBag diagnostics)
    {
        var entries = file.Array<PackageHandler>(Section, UpdateLimits.MaxHandlers, diagnostics);
        var reader = new HandlerReader(AddressTable.Read<PackageHandler>(file, Section, Function, count: 2, diagnostics), newFunctions, types);
        var handlers = new List<PackagedHandler>();
        foreach (var (index, raw) in entries.Index())
        {
            if (reader.Read(index, raw, handlers, out var fault) is { } handler)
            {
                handlers.Add(handler);
            }
            else
            {
                diagnostics.Add(Refusal.BadPackage, $"{Section}[{index}]", fault);
            }
        }

        CheckHandled(handlers, newFunctions, types, diagnostics);
        return handlers;
    }

    private PackagedHandler? Read(int index, in PackageHandler raw, List<PackagedHandler> before, out string fault)
    {
        var place = addresses.Code(index, Function);
        var type = TypeReader.At(types, addresses.Data(index, Type));
        bool named = addresses.Has(index, Type);
        fault = place is null || !newFunctions.Contains((place.Section.Index, place.Offset)) ? "its function is no new function of the package; name one as LUCOS_REPLACE did"
            : (named ? type is null : raw.Type != 0) ? "its type is no type of the package; name one as LUCOS_TYPE did"
            : Contradicts(before, place, type) ? $"{place.Name} is said to handle no type, and to handle one"
            : "";
        return fault.Length > 0 ? null : new PackagedHandler(place!, type);
    }

    private static bool Contradicts(List<PackagedHandler> before, CodePlace place, PackagedType? type) =>
        before.Any(other => other.IsAbout(place) && (other.Type is null) != (type is null));

    // One that nobody handles would be taken for left before it is monitored.
    private static void CheckHandled(
        List<PackagedHandler> handlers, IReadOnlySet<(int Section, ulong Offset)> newFunctions, IReadOnlyList<PackagedType?> types, DiagnosticBag diagnostics)
    {
        bool someHandleAll = newFunctions.Any(function => !handlers.Exists(handler => handler.Place == function));
        foreach (var type in someHandleAll ? [] : types.OfType<PackagedType>().Where(type => !handlers.Exists(handler => handler.Type?.Name == type.Name)))
        {
            diagnostics.Add(Refusal.BadPackage, type.Name, "no function of the package is said to handle it; write LUCOS_HANDLES(new_function, type), or say nothing of the functions that do");
        }
    }
}
