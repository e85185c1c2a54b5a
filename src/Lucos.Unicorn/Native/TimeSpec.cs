using System.Runtime.InteropServices;

namespace Lucos.Unicorn.Native;

/// <summary>C's <c>struct timespec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    internal long Seconds;
    internal long Nanoseconds;
}
