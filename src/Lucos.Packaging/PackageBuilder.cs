using System.Security.Cryptography;
using System.Text;
using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.Elf;
using Lucos.Packaging.Reading;

namespace Lucos.Packaging;

/// <summary>
/// Makes a package of the object file that an author's source was compiled to: fills in what the compiler can't know
/// (build-id, addresses, sizes, old bytes) and adds the digest. The same inputs give the same bytes.
/// </summary>
public sealed class PackageBuilder
{
    private readonly KernelImage _kernel;
    private readonly DiagnosticBag _diagnostics;

    private PackageBuilder(KernelImage kernel, DiagnosticBag diagnostics) => (_kernel, _diagnostics) = (kernel, diagnostics);

    /// <summary>Builds a package. Hostile input is refused with diagnostics; no exception leaves this method.</summary>
    /// <param name="objectFile">The object file.</param>
    /// <param name="kernel">The kernel that is to be updated.</param>
    /// <param name="diagnostics">What is wrong, if the result is null.</param>
    /// <returns>The package file, or null.</returns>
    public static byte[]? Build(ReadOnlyMemory<byte> objectFile, KernelImage kernel, DiagnosticBag diagnostics)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(diagnostics);
        try
        {
            return new PackageBuilder(kernel, diagnostics).Build(objectFile);
        }
        catch (ElfFormatException error)
        {
            diagnostics.Add(error.Error == ElfError.TooMany ? Refusal.TooLarge : Refusal.BadPackage, "object", error.Message);
            return null;
        }
    }

    private byte[]? Build(ReadOnlyMemory<byte> objectFile)
    {
        var file = PackageFile.Open(objectFile, _diagnostics);
        if (file is null || ManifestReader.Read(file, expectedFlags: 0, _diagnostics) is null)
        {
            return null;
        }

        _ = DependencyReader.Read(file, _diagnostics);
        var types = TypeReader.Read(file, _diagnostics);
        _ = FieldReader.Read(file, types, _diagnostics);
        _ = HandlerReader.Read(file, FunctionReader.NewFunctions(file), types, _diagnostics);
        _ = CallbackReader.Read(file, FunctionReader.NewFunctions(file), types, _diagnostics);
        var targets = Targets(file);
        Imports(file);
        KernelVariables.Check(types.OfType<PackagedType>(), _kernel.Symbols, _diagnostics);
        RefuseFilledSections(file);
        return _diagnostics.HasAny ? null : Finish(Fill(ElfObject.From(file.Elf), targets));
    }

    private List<BuildTarget> Targets(PackageFile file)
    {
        var addresses = FunctionReader.Addresses(file, _diagnostics);
        var entries = file.Array<PackageFunction>(PackageFormat.SectionFuncs, UpdateLimits.MaxFunctions, _diagnostics);
        if (entries.Length == 0 && !_diagnostics.HasAny)
        {
            _diagnostics.Add(Refusal.BadPackage, PackageFormat.SectionFuncs, "the object replaces no function; write LUCOS_REPLACE(old, new) in the source");
        }

        var targets = new List<BuildTarget>();
        foreach (var (index, entry) in entries.Index())
        {
            if (Target(addresses, index, entry) is { } target)
            {
                targets.Add(target);
            }
        }

        foreach (var group in targets.GroupBy(t => t.Old.Value).Where(g => g.Count() > 1))
        {
            _diagnostics.Add(Refusal.DuplicateTarget, group.First().Old.QualifiedName,
                $"replaced {group.Count()} times, by {string.Join(", ", group.Select(t => t.New.Name))}");
        }

        return targets;
    }

    private BuildTarget? Target(AddressTable addresses, int index, in PackageFunction entry)
    {
        if (!PackageText.TryReadWord(entry.OldName, out var name) || name.Length == 0 || !PackageText.TryReadWord(entry.OldFile, out var oldFile))
        {
            _diagnostics.Add(Refusal.BadPackage, $"{PackageFormat.SectionFuncs}[{index}]", "name or file of the function is empty or too long");
            return null;
        }

        var place = FunctionReader.PlaceOf(addresses, index, name, _diagnostics);
        if (place is not null && place.Symbol is not { Size: > 0 })
        {
            _diagnostics.Add(Refusal.BadPackage, name, $"its replacement at {place.Name} is no function with a size");
            return null;
        }

        var old = KernelSymbols.Target(_kernel.Symbols, name, oldFile, _diagnostics);
        if (old is null || place is null || !JumpRoom.Check(_kernel, old, _diagnostics))
        {
            return null;
        }

        return ReadBody(old) is { } body ? new BuildTarget(entry, old, body, place) : null;
    }

    private byte[]? ReadBody(ElfSymbol old)
    {
        var segment = _kernel.SegmentAt(old.Value);
        if (segment?.Flags.HasFlag(SegmentAccess.Execute) == true && old.Size <= segment.VirtualEnd - old.Value)
        {
            var body = new byte[old.Size];
            _ = _kernel.TryRead(old.Value, body);
            return body;
        }

        _diagnostics.Add(Refusal.MissingSymbol, old.QualifiedName, $"0x{old.Value:x}+{old.Size} is not in an executable segment of the kernel");
        return null;
    }

    private void Imports(PackageFile file)
    {
        foreach (var name in file.Elf.Symbols.Where(s => !s.IsDefined && s.Name.Length > 0).Select(s => s.Name).Distinct())
        {
            _ = KernelSymbols.Import(_kernel.Symbols, name, _diagnostics);
        }
    }

    private void RefuseFilledSections(PackageFile file)
    {
        foreach (var name in new[] { PackageFormat.SectionOldbytes, PackageFormat.SectionSig }.Where(n => file.Elf.Section(n) is not null))
        {
            _diagnostics.Add(Refusal.BadPackage, name, "the object has this section already; lucos patch build makes it");
        }
    }

    private ElfObject Fill(ElfObject target, List<BuildTarget> functions)
    {
        var section = target.Section(PackageFormat.SectionManifest)!;
        _ = WireCodec.TryRead<PackageManifest>(section.Data, out var manifest);
        manifest.BuildId = Bytes20.From(_kernel.BuildId.Span);
        manifest.Flags = PackageFormat.PackageFlagBuilt;
        section.Data = WireCodec.ToBytes(manifest);

        var oldBytes = new List<byte>();
        var entries = new List<byte>();
        foreach (var function in functions)
        {
            entries.AddRange(WireCodec.ToBytes(function.Entry((uint)oldBytes.Count)));
            oldBytes.AddRange(function.Body);
        }

        target.Section(PackageFormat.SectionFuncs)!.Data = [.. entries];
        target.Add(PackageFormat.SectionOldbytes, SectionType.Progbits, SectionAttributes.None, 16, [.. oldBytes]);
        var signature = new PackageSignature
        {
            Magic = Bytes8.From(Encoding.ASCII.GetBytes(PackageFormat.SignatureMagic)),
            Algorithm = PackageFormat.SignatureAlgorithmSha256,
        };
        target.Add(PackageFormat.SectionSig, SectionType.Progbits, SectionAttributes.None, 8, WireCodec.ToBytes(signature));
        return target;
    }

    private byte[]? Finish(ElfObject package)
    {
        var bytes = package.Write();
        var digestAt = (int)package.Section(PackageFormat.SectionSig)!.Offset + SignatureReader.DigestOffset;
        PackageDigest.Compute(bytes, digestAt).CopyTo(bytes, digestAt);
        return PackageReader.Read(bytes, _diagnostics) is { } read && PackageVerifier.Verify(read, _kernel, _diagnostics) ? bytes : null;
    }

    private sealed record BuildTarget(PackageFunction Raw, ElfSymbol Old, byte[] Body, CodePlace New)
    {
        public PackageFunction Entry(uint oldBytesOffset) => Raw with
        {
            OldAddress = Old.Value,
            OldSize = (uint)Body.Length,
            NewSize = (uint)New.Symbol!.Size,
            OldBytesOffset = oldBytesOffset,
            OldHash = Bytes32.From(SHA256.HashData(Body)),
        };
    }
}
