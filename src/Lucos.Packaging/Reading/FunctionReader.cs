using System.Security.Cryptography;
using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>Reads the functions of a built package.</summary>
internal static class FunctionReader
{
    /// <summary>Offset of the new function's address in an entry.</summary>
    private const int NewFunction = 0;

    /// <summary>The addresses of the entries.</summary>
    public static AddressTable Addresses(PackageFile file, DiagnosticBag diagnostics) =>
        AddressTable.Read<PackageFunction>(file, PackageFormat.SectionFuncs, NewFunction, count: 1, diagnostics);

    /// <summary>Where the new functions lie, as section and offset, right or wrong in other respects.</summary>
    public static IReadOnlySet<(int Section, ulong Offset)> NewFunctions(PackageFile file) => file.RelocationsOf(PackageFormat.SectionFuncs)
        .Select(file.Code)
        .OfType<CodePlace>()
        .Select(place => (place.Section.Index, place.Offset))
        .ToHashSet();

    public static IReadOnlyList<PackagedFunction> Read(PackageFile file, DiagnosticBag diagnostics)
    {
        const string Where = PackageFormat.SectionFuncs;
        var oldBytes = file.Section(PackageFormat.SectionOldbytes, diagnostics)?.Data ?? default;
        var raw = file.Array<PackageFunction>(Where, UpdateLimits.MaxFunctions, diagnostics);
        if (raw.Length == 0 && !diagnostics.HasAny)
        {
            diagnostics.Add(Refusal.BadPackage, Where, "the package replaces no function; write LUCOS_REPLACE(old, new) in the source");
        }

        if (raw.Sum(entry => (long)entry.OldSize) > oldBytes.Length)
        {
            diagnostics.Add(Refusal.BadPackage, Where, $"the functions claim more old bytes than the {oldBytes.Length} of {PackageFormat.SectionOldbytes}");
            return [];
        }

        var addresses = Addresses(file, diagnostics);
        var functions = new List<PackagedFunction>();
        foreach (var (index, entry) in raw.Index())
        {
            if (Read(addresses, index, entry, oldBytes, diagnostics) is { } function)
            {
                functions.Add(function);
            }
        }

        return functions;
    }

    /// <summary>Where the new function of an entry lies; null, with a diagnostic, when it is not code of the package.</summary>
    public static CodePlace? PlaceOf(AddressTable addresses, int index, string name, DiagnosticBag diagnostics)
    {
        var place = addresses.Code(index, NewFunction);
        if (place is null)
        {
            diagnostics.Add(Refusal.BadPackage, name, "its replacement is not code in an executable section of the package");
        }

        return place;
    }

    private static PackagedFunction? Read(
        AddressTable addresses, int index, in PackageFunction entry, ReadOnlyMemory<byte> oldBytes, DiagnosticBag diagnostics)
    {
        var where = $"{PackageFormat.SectionFuncs}[{index}]";
        if (!PackageText.TryReadWord(entry.OldName, out var name) || name.Length == 0 || !PackageText.TryReadWord(entry.OldFile, out var oldFile))
        {
            diagnostics.Add(Refusal.BadPackage, where, "name or file is not text that ends in NUL");
            return null;
        }

        if (entry.Flags != 0)
        {
            diagnostics.Add(Refusal.BadPackage, name, $"flags 0x{entry.Flags:x} are not known");
        }

        if (entry.OldSize == 0 || entry.OldBytesOffset > (uint)oldBytes.Length || entry.OldSize > (uint)oldBytes.Length - entry.OldBytesOffset)
        {
            diagnostics.Add(Refusal.BadPackage, name, $"{entry.OldSize} old bytes at {entry.OldBytesOffset} leave the {oldBytes.Length} of {PackageFormat.SectionOldbytes}");
            return null;
        }

        var body = oldBytes.Slice((int)entry.OldBytesOffset, (int)entry.OldSize);
        var hash = entry.OldHash.ToArray();
        if (!SHA256.HashData(body.Span).AsSpan().SequenceEqual(hash))
        {
            diagnostics.Add(Refusal.BadPackage, name, "the hash of the old bytes is not that of the old bytes");
        }

        var place = PlaceOf(addresses, index, name, diagnostics);
        if (place is not null && (entry.NewSize == 0 || entry.NewSize > place.Room))
        {
            diagnostics.Add(Refusal.BadPackage, name, $"{entry.NewSize} new bytes at {place.Name} leave their section");
        }

        return place is null ? null : new PackagedFunction(name, oldFile, entry.OldAddress, body, hash, place, entry.NewSize);
    }
}
