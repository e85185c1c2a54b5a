using System.Buffers.Binary;
using System.Text;
using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Reading;

/// <summary>Reads the signature and compares the digest.</summary>
internal static class SignatureReader
{
    private const string Where = PackageFormat.SectionSig;

    /// <summary>Where the digest lies in the signature.</summary>
    public const int DigestOffset = 16;

    public static byte[]? Read(PackageFile file, DiagnosticBag diagnostics)
    {
        var found = file.Array<PackageSignature>(Where, limit: 1, diagnostics);
        if (diagnostics.HasAny || found is not [var signature])
        {
            diagnostics.Add(Refusal.BadPackage, Where, "there is no signature; run lucos patch build");
            return null;
        }

        var section = file.Elf.Section(Where)!;
        CheckAlone(file.Elf, section, diagnostics);
        if (!signature.Magic.ToArray().AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(PackageFormat.SignatureMagic))
            || signature.Algorithm != PackageFormat.SignatureAlgorithmSha256 || signature.Pad != 0)
        {
            diagnostics.Add(Refusal.BadPackage, Where, $"algorithm {signature.Algorithm} is not known");
        }

        if (diagnostics.HasAny)
        {
            return null;
        }

        var digest = PackageDigest.Compute(file.Elf.Bytes.Span, (int)section.Offset + DigestOffset);
        if (digest.AsSpan().SequenceEqual(signature.Digest.ToArray()))
        {
            return digest;
        }

        diagnostics.Add(Refusal.DigestMismatch, Where, $"the file has digest {Convert.ToHexStringLower(digest)}, the package says {signature.Digest}");
        return null;
    }

    /// <summary>The digest's own bytes are not digested, so nothing else may share them.</summary>
    private static void CheckAlone(ElfFile elf, ElfSection mine, DiagnosticBag diagnostics)
    {
        var end = mine.Offset + mine.Size;
        var table = BinaryPrimitives.ReadUInt64LittleEndian(elf.Bytes.Span[40..]);
        var tableEnd = table + ((ulong)elf.Sections.Count * ElfHeader.SectionHeaderSize);
        var sharer = elf.Sections.FirstOrDefault(s => s.Index != mine.Index && !s.Data.IsEmpty && mine.Offset < s.Offset + (ulong)s.Data.Length && s.Offset < end);
        if (mine.Offset < ElfHeader.Size || (mine.Offset < tableEnd && table < end))
        {
            diagnostics.Add(Refusal.BadPackage, Where, "overlaps the ELF header or the section table");
        }
        else if (sharer is not null)
        {
            diagnostics.Add(Refusal.BadPackage, Where, $"overlaps section {sharer.Index} ({sharer.Name})");
        }
    }
}
