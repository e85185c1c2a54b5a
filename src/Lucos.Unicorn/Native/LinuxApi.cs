using System.Runtime.InteropServices;

namespace Lucos.Unicorn.Native;

/// <summary>The few Linux calls that guest RAM and the machine code need (man 2 memfd_create, mmap, mprotect, sigaction, fcntl, lseek, clock_gettime).</summary>
internal static unsafe partial class LinuxApi
{
    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int ProtExec = 4;
    internal const int MapShared = 1;
    internal const int MapPrivate = 2;
    internal const int MapAnonymous = 0x20;
    internal const int MapBelow2GiB = 0x40;
    internal const int MapNoReserve = 0x4000;
    internal const int MapFixed = 0x10;
    internal const uint CloseOnExec = 1;
    internal const uint AllowSealing = 2;
    internal const int ReadOnlyCloseOnExec = 0x80000;

    internal const int SegmentationFault = 11;
    internal const int ClockOfThread = 3;

    internal static readonly nint MapFailed = -1;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int memfd_create(byte* name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int open(byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pwrite(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial long lseek(int descriptor, long offset, int whence);

    // Variadic in C; an integer argument is passed the same way on x86-64.
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigaction(int signal, SignalAction* action, SignalAction* old);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int clock_gettime(int clock, TimeSpec* time);

    [LibraryImport("libc")]
    internal static partial nuint malloc_usable_size(nint block);
}
