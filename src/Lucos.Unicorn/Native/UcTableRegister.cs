using System.Runtime.InteropServices;

namespace Lucos.Unicorn.Native;

/// <summary>A segment or descriptor-table register as the C library passes it (<c>uc_x86_mmr</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UcTableRegister
{
    internal ushort Selector;
    internal ulong Base;
    internal uint Limit;
    internal uint Flags;
}
