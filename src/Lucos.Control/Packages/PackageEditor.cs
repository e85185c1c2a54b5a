using System.Security.Cryptography;
using Lucos.Abi;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Model;
using Lucos.Elf;

namespace Lucos.Control.Packages;

/// <summary>Makes damaged packages of good ones, so that scenarios can show what is refused and why.</summary>
public static class PackageEditor
{
    // Offsets in the structs of the package format, see PackageManifest, PackageFunction and PackageSignature.
    private const int BuildIdInManifest = 368;
    private const int OldHashInFunction = 32;
    private const int OldSizeInFunction = 16;
    private const int OldBytesOffsetInFunction = 24;
    private const int DigestInSignature = 16;
    private const int DigestLength = 32;

    /// <summary>A damaged copy of a package.</summary>
    /// <param name="package">The good one.</param>
    /// <param name="edit">The damage.</param>
    public static byte[] Apply(ReadOnlySpan<byte> package, PackageEdit edit)
    {
        var bytes = package.ToArray();
        try
        {
            if (edit.BuildId is { } buildId)
            {
                Convert.FromHexString(buildId).CopyTo(Section(bytes, PackageFormat.SectionManifest)[BuildIdInManifest..]);
                PutDigestRight(bytes);
            }

            if (edit.OldByte is { } index)
            {
                InvertOldByte(bytes, index);
                PutDigestRight(bytes);
            }
        }
        catch (Exception e) when (e is ElfFormatException or ArgumentException)
        {
            throw new LucosException(ExitCode.Usage, "bad-edit", $"{edit.From}: can't make the damaged package: {e.Message}");
        }

        if (edit.FlipBit is { } bit)
        {
            Require(bit / 8 < bytes.Length, edit, $"it has no bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        }

        if (edit.Truncate is { } length)
        {
            Require(length <= bytes.Length, edit, $"it has less than {length} bytes");
            bytes = bytes[..length];
        }

        return bytes;
    }

    private static void Require(bool condition, PackageEdit edit, string complaint)
    {
        if (!condition)
        {
            throw new LucosException(ExitCode.Usage, "bad-edit", $"{edit.From}: {complaint}");
        }
    }

    private static Span<byte> Section(byte[] bytes, string name)
    {
        var section = ElfFile.Parse(bytes).Sections.FirstOrDefault(s => s.Name == name)
            ?? throw new ArgumentException($"it has no section {name}");
        return bytes.AsSpan((int)section.Offset, (int)section.Size);
    }

    private static void InvertOldByte(byte[] bytes, int index)
    {
        var function = Section(bytes, PackageFormat.SectionFuncs);
        var size = BitConverter.ToInt32(function[OldSizeInFunction..]);
        var offset = BitConverter.ToInt32(function[OldBytesOffsetInFunction..]);
        var old = Section(bytes, PackageFormat.SectionOldbytes).Slice(offset, size);
        if (index >= size)
        {
            throw new ArgumentException($"its first function has {size} bytes");
        }

        old[index] ^= 0xff;
        SHA256.HashData(old, function.Slice(OldHashInFunction, DigestLength));
    }

    private static void PutDigestRight(byte[] bytes)
    {
        var digest = Section(bytes, PackageFormat.SectionSig).Slice(DigestInSignature, DigestLength);
        digest.Clear();
        SHA256.HashData(bytes, digest);
    }
}
