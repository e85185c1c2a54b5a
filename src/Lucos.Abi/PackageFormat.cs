namespace Lucos.Abi;

/// <summary>Names and numbers of the package format. The format itself is described in Lucos.Packaging.</summary>
public static class PackageFormat
{
    /// <summary>Version of the format, in the manifest.</summary>
    public const uint PackageFormatVersion = 2;

    /// <summary>First eight bytes of the manifest.</summary>
    public const string PackageMagic = "LUCOSPKG";

    /// <summary>First eight bytes of the signature.</summary>
    public const string SignatureMagic = "LUCOSSIG";

    /// <summary>Algorithm 1 of the signature: a SHA-256 digest.</summary>
    public const uint SignatureAlgorithmSha256 = 1;

    /// <summary>Bit 0 of the manifest's flags: <c>lucos patch build</c> has filled in what the compiler can't know.</summary>
    public const uint PackageFlagBuilt = 1;

    /// <summary>Section of the <see cref="PackageManifest"/>.</summary>
    public const string SectionManifest = ".lucos.manifest";

    /// <summary>Section of the <see cref="PackageDependency"/> array.</summary>
    public const string SectionDeps = ".lucos.deps";

    /// <summary>Section of the <see cref="PackageFunction"/> array.</summary>
    public const string SectionFuncs = ".lucos.funcs";

    /// <summary>Section of the old function bodies.</summary>
    public const string SectionOldbytes = ".lucos.oldbytes";

    /// <summary>Section of the <see cref="PackageCallback"/> array.</summary>
    public const string SectionCallbacks = ".lucos.callbacks";

    /// <summary>Section of the <see cref="PackageType"/> array.</summary>
    public const string SectionTypes = ".lucos.types";

    /// <summary>Section of the <see cref="PackageField"/> array.</summary>
    public const string SectionFields = ".lucos.fields";

    /// <summary>Section of the <see cref="PackageHandler"/> array.</summary>
    public const string SectionHandlers = ".lucos.handlers";

    /// <summary>Section of the <see cref="PackageSignature"/>.</summary>
    public const string SectionSig = ".lucos.sig";

    /// <summary>What stands between a static symbol's name and its source file: <c>helper.in.pipe.c</c>.</summary>
    public const string StaticInfix = ".in.";
}
