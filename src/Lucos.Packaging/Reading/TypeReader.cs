using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>Reads the changed data structures.</summary>
internal static class TypeReader
{
    private const string Section = PackageFormat.SectionTypes;

    /// <summary>The types in the order of their entries; null in the place of one that is wrong.</summary>
    public static IReadOnlyList<PackagedType?> Read(PackageFile file, DiagnosticBag diagnostics)
    {
        var entries = file.Array<PackageType>(Section, UpdateLimits.MaxTypes, diagnostics);
        var addresses = AddressTable.Read<PackageType>(file, Section, TypeEntry.FirstAddress, TypeEntry.AddressCount, diagnostics);
        var types = new List<PackagedType?>();
        foreach (var (index, raw) in entries.Index())
        {
            types.Add(Read(new TypeEntry(addresses, index, raw), index, types, diagnostics));
        }

        return types;
    }

    /// <summary>The type that an address leads to; null when it leads elsewhere, or to one that is wrong.</summary>
    public static PackagedType? At(IReadOnlyList<PackagedType?> types, DataPlace? place)
    {
        var size = (ulong)WireCodec.SizeOf<PackageType>();
        return place?.Section?.Name == Section && place.Offset % size == 0 && place.Offset / size < (ulong)types.Count ? types[(int)(place.Offset / size)] : null;
    }

    private static PackagedType? Read(TypeEntry entry, int index, List<PackagedType?> before, DiagnosticBag diagnostics)
    {
        var raw = entry.Raw;
        if (!PackageText.TryRead(raw.Name, out var name) || !UpdateName.IsValid(name))
        {
            diagnostics.Add(Refusal.BadPackage, $"{Section}[{index}]", $"the name \"{raw.Name}\" is not of the form {UpdateName.Rule}, of at most 31 characters");
            return null;
        }

        if (TypeRules.Check(entry) is { } fault)
        {
            diagnostics.Add(fault.Refusal, $"type {name}", fault.Detail);
            return null;
        }

        var type = Make(name, entry);
        if (before.Any(t => t?.Name == name))
        {
            diagnostics.Add(Refusal.BadPackage, $"type {name}", "a second type of this name; give it another");
        }
        else if (type.Cache.Length > 0 && before.FirstOrDefault(t => t?.Cache == type.Cache) is { } other)
        {
            diagnostics.Add(Refusal.BadPackage, $"type {name}", $"a second type of cache {type.Cache}, beside {other.Name}; an object has one new version, so make one type of both");
        }
        else if (before.OfType<PackagedType>().FirstOrDefault(other => MayNotMeet(type, other)) is { } stranger)
        {
            // A transfer that fails while both versions live gives the new ones up, and what is transferred once is nowhere else.
            var (here, there) = type.IsOnce ? ("transferred once", "kept coherent") : ("kept coherent", "transferred once");
            diagnostics.Add(Refusal.BadPackage, $"type {name}", $"it is {here}, and {stranger.Name} is {there}; make two updates of them");
        }

        return type;
    }

    private static bool MayNotMeet(PackagedType one, PackagedType other) => (one.IsOnce && other.IsMonitored) || (one.IsMonitored && other.IsOnce);

    private static PackagedType Make(string name, TypeEntry entry)
    {
        var raw = entry.Raw;
        return new PackagedType
        {
            Name = name,
            Source = (InstanceSource)raw.Source,
            Placement = (Placement)raw.Placement,
            Interception = (Interception)raw.Interception,
            Transfer = (TransferPoint)raw.Transfer,
            OldSize = raw.OldSize,
            NewSize = raw.NewSize,
            ExtraSize = raw.ExtraSize,
            SharedHead = raw.SharedHead,
            LockOffset = entry.HasLockField ? raw.LockOffset : null,
            LockSize = raw.LockSize,
            Lock = entry.Data(TypeAddress.Lock),
            Cache = PackageText.TryReadWord(raw.Cache, out var cache) ? cache : "",
            ScratchCache = PackageText.TryReadWord(raw.ScratchCache, out var scratch) ? scratch : "",
            OldVariable = entry.Data(TypeAddress.OldVariable),
            NewVariable = entry.Data(TypeAddress.NewVariable),
            ToNew = entry.Code(TypeAddress.ToNew)!,
            ToOld = entry.Code(TypeAddress.ToOld),
            Representable = entry.Code(TypeAddress.Representable),
            Release = entry.Code(TypeAddress.Release),
            Moved = entry.Code(TypeAddress.Moved),
            State = entry.Data(TypeAddress.State)!,
        };
    }
}
