using System.Runtime.InteropServices;

namespace Lucos.Unicorn.Native;

/// <summary><c>struct sigaction</c> of the C library on x86-64 Linux (man 2 sigaction).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SignalAction
{
    internal const nint IgnoreHandler = 1;
    internal const int WithInformation = 4;
    internal const int OnAlternateStack = 0x0800_0000;

    internal nint Handler;
    internal fixed ulong Mask[16];
    internal int Flags;
    internal nint Restorer;
}
