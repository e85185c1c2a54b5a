using System.Runtime.InteropServices;

namespace Lucos.Unicorn.Native;

/// <summary>A translated block (<c>uc_tb</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UcTranslation
{
    internal ulong Address;
    internal ushort Instructions;
    internal ushort Size;
}
