using System.Runtime.InteropServices;

namespace Lucos.Unicorn.Native;

/// <summary>A model-specific register as the C library passes it (<c>uc_x86_msr</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UcMsr
{
    internal uint Id;
    internal ulong Value;
}
