using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>Another update that this one needs or does not bear.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PackageDependency : IWireStruct
{
    /// <summary>A <see cref="DependencyKind"/>.</summary>
    public uint Kind;

    /// <summary>Zero.</summary>
    public uint Pad;

    /// <summary>Name of the other update.</summary>
    public Text64 Name;

    /// <summary>Its version; empty for any.</summary>
    public Text32 Version;

    /// <inheritdoc/>
    public static string CName => "lucos_package_dependency";
}
