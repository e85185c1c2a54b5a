using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>
/// Says that a function of the package handles a type. A function of which nothing is said handles all of them. Each address is a relocation of
/// type R_X86_64_64, or zero where there is none.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct PackageHandler : IWireStruct
{
    /// <summary>The new function.</summary>
    public ulong Function;

    /// <summary>The <see cref="PackageType"/>; none: the function handles no type.</summary>
    public ulong Type;

    /// <inheritdoc/>
    public static string CName => "lucos_package_handler";
}
