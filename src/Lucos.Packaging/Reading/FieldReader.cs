using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>Reads the fields that no transfer may lose.</summary>
internal static class FieldReader
{
    private const int TypeMember = 0;

    public static IReadOnlyList<PackagedField> Read(PackageFile file, IReadOnlyList<PackagedType?> types, DiagnosticBag diagnostics)
    {
        const string Section = PackageFormat.SectionFields;
        var entries = file.Array<PackageField>(Section, UpdateLimits.MaxFields, diagnostics);
        var addresses = AddressTable.Read<PackageField>(file, Section, TypeMember, count: 1, diagnostics);
        var fields = new List<PackagedField>();
        foreach (var (index, raw) in entries.Index())
        {
            var type = TypeReader.At(types, addresses.Data(index, TypeMember));
            if (Fault(raw, type) is { } fault)
            {
                diagnostics.Add(Refusal.BadPackage, $"{Section}[{index}]", fault);
            }
            else
            {
                fields.Add(new PackagedField(type!, raw.Offset, raw.Size));
            }
        }

        return fields;
    }

    private static string? Fault(in PackageField raw, PackagedType? type) =>
        type is null ? "its type is not one of the package; name it as LUCOS_TYPE did"
        : type.Placement == Placement.Shadow ? $"{type.Name} is a shadow: nothing is transferred back, so nothing can be compared"
        : raw.Size == 0 || raw.Offset > type.OldSize || raw.Size > type.OldSize - raw.Offset ? $"{raw.Size} bytes at {raw.Offset} leave the old version of {type.Name}, of {type.OldSize}"
        : null;
}
