using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>An anonymous file of memory (memfd), owned in common by all that map it; its descriptor is closed when the last one lets go.</summary>
internal sealed unsafe class MemoryFile
{
    private readonly int _descriptor;
    private int _owners = 1;

    internal MemoryFile(ulong length)
    {
        Length = length;
        ReadOnlySpan<byte> name = "guest-ram\0"u8;
        fixed (byte* text = name)
        {
            _descriptor = LinuxApi.memfd_create(text, LinuxApi.CloseOnExec | LinuxApi.AllowSealing);
        }

        if (_descriptor < 0)
        {
            throw Failure("memfd_create");
        }

        if (LinuxApi.ftruncate(_descriptor, (long)length) != 0)
        {
            UnicornException failure = Failure("ftruncate");
            _ = LinuxApi.close(_descriptor);
            throw failure;
        }
    }

    internal ulong Length { get; }

    /// <summary>Bytes of it that take up memory.</summary>
    internal ulong Allocated
    {
        get
        {
            ulong allocated = 0;
            ForEachRun((_, length) => allocated += length);
            return allocated;
        }
    }

    internal static UnicornException Failure(string call) =>
        new($"guest-memory: {call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    /// <summary>Maps all of it.</summary>
    /// <param name="isPrivate">Whether stores stay with the mapping instead of going into the file.</param>
    /// <param name="at">Where; a mapping that is there is replaced. 0: anywhere.</param>
    internal nint Map(bool isPrivate, nint at = 0)
    {
        int flags = (isPrivate ? LinuxApi.MapPrivate : LinuxApi.MapShared) | LinuxApi.MapNoReserve | (at == 0 ? 0 : LinuxApi.MapFixed);
        nint address = LinuxApi.mmap(at, (nuint)Length, LinuxApi.ProtRead | LinuxApi.ProtWrite, flags, _descriptor, 0);
        return address == LinuxApi.MapFailed ? throw Failure("mmap") : address;
    }

    internal void Write(ulong offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* from = bytes)
            {
                written = LinuxApi.pwrite(_descriptor, from, (nuint)bytes.Length, (long)offset);
            }

            if (written <= 0)
            {
                throw Failure("pwrite");
            }

            offset += (ulong)written;
            bytes = bytes[(int)written..];
        }
    }

    /// <summary>Nobody can change it any more: not through a descriptor, nor through a shared mapping.</summary>
    internal void Seal()
    {
        const int addSeals = 1033, shrink = 2, grow = 4, write = 8;
        if (LinuxApi.fcntl(_descriptor, addSeals, shrink | grow | write) != 0)
        {
            throw Failure("fcntl(F_ADD_SEALS)");
        }
    }

    /// <summary>Calls for each stretch that is not a hole, in order: first byte and length.</summary>
    internal void ForEachRun(Action<ulong, ulong> action)
    {
        const int seekData = 3, seekHole = 4;
        for (long at = 0; ;)
        {
            long start = LinuxApi.lseek(_descriptor, at, seekData);
            if (start < 0)
            {
                return;
            }

            at = LinuxApi.lseek(_descriptor, start, seekHole);
            action((ulong)start, (ulong)(at - start));
        }
    }

    internal MemoryFile Share()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    internal void Release()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            _ = LinuxApi.close(_descriptor);
        }
    }
}
