using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>A function of the package that is called at a step of the update.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PackageCallback : IWireStruct
{
    /// <summary>A <see cref="CallbackKind"/>.</summary>
    public uint Kind;

    /// <summary>Zero.</summary>
    public uint Pad;

    /// <summary>The function: a relocation of type R_X86_64_64 stands here.</summary>
    public ulong Function;

    /// <summary>What it is about: a relocation to the new function or to the <see cref="PackageType"/>; zero for startup and cleanup.</summary>
    public ulong Subject;

    /// <inheritdoc/>
    public static string CName => "lucos_package_callback";
}
