using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Tests;

/// <summary>Changes packages so that their digest is right again: what an attacker would do.</summary>
internal static class PackageSurgery
{
    private const int DigestInSignature = 16;

    /// <summary>Changes one byte of a section and makes the digest anew.</summary>
    public static byte[] Change(byte[] package, string section, int offset, byte value)
    {
        var changed = package.ToArray();
        changed[(int)ElfFile.Parse(package).Section(section)!.Offset + offset] = value;
        return Resign(changed, package);
    }

    /// <summary>Makes the digest anew, where the original package has it.</summary>
    public static byte[] Resign(byte[] changed, byte[] original)
    {
        var at = (int)ElfFile.Parse(original).Section(PackageFormat.SectionSig)!.Offset + DigestInSignature;
        PackageDigest.Compute(changed, at).CopyTo(changed, at);
        return changed;
    }
}
