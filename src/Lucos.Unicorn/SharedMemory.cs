using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Guest RAM: a memfd mapped shared, so that a fork can map the same pages privately. All access is bounds-checked.
/// </summary>
public sealed unsafe class SharedMemory : IDisposable
{
    private readonly int _descriptor;
    private nint _address;

    /// <summary>Makes zeroed memory.</summary>
    /// <param name="length">Bytes; a positive multiple of 4096.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is zero or not a multiple of a page.</exception>
    /// <exception cref="UnicornException">The host can't provide it.</exception>
    public SharedMemory(ulong length)
    {
        if (length == 0 || length % 4096 != 0 || length > long.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "memory length must be a positive multiple of 4096");
        }

        Length = length;
        ReadOnlySpan<byte> name = "guest-ram\0"u8;
        fixed (byte* text = name)
        {
            _descriptor = LinuxApi.memfd_create(text, LinuxApi.CloseOnExec);
        }

        if (_descriptor < 0 || LinuxApi.ftruncate(_descriptor, (long)length) != 0)
        {
            throw Failure("memfd_create");
        }

        _address = LinuxApi.mmap(0, (nuint)length, LinuxApi.ProtRead | LinuxApi.ProtWrite, LinuxApi.MapShared | LinuxApi.MapNoReserve, _descriptor, 0);
        if (_address == LinuxApi.MapFailed)
        {
            throw Failure("mmap");
        }
    }

    /// <summary>Releases the mapping when the owner forgot to.</summary>
    ~SharedMemory() => Release();

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    internal void* Pointer => (void*)_address;

    /// <summary>A view of a part; valid until this object is disposed.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie wholly inside.</exception>
    public Span<byte> Slice(ulong offset, int length)
    {
        ObjectDisposedException.ThrowIf(_address == 0, this);
        if (length < 0 || offset > Length || (ulong)length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"0x{offset:x}+0x{length:x} is outside of 0x{Length:x} bytes of memory");
        }

        return new Span<byte>((byte*)_address + offset, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static UnicornException Failure(string call) =>
        new($"guest-memory: {call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    private void Release()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address > 0)
        {
            _ = LinuxApi.munmap(address, (nuint)Length);
            _ = LinuxApi.close(_descriptor);
        }
    }
}
