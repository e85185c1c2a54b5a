using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>A page of the host's memory with a few bytes of machine code, for callbacks that come too often for managed code.</summary>
internal sealed unsafe class NativeCode : IDisposable
{
    private const nuint PageSize = 4096;
    private nint _address;

    /// <summary>Makes the code executable.</summary>
    /// <param name="code">Position-independent code, at most a page.</param>
    /// <exception cref="UnicornException">The host does not allow it.</exception>
    internal NativeCode(ReadOnlySpan<byte> code)
    {
        _address = LinuxApi.mmap(0, PageSize, LinuxApi.ProtRead | LinuxApi.ProtWrite, LinuxApi.MapPrivate | LinuxApi.MapAnonymous, -1, 0);
        if (_address == LinuxApi.MapFailed)
        {
            throw new UnicornException("native-code: mmap failed");
        }

        code.CopyTo(new Span<byte>((void*)_address, code.Length));
        if (LinuxApi.mprotect(_address, PageSize, LinuxApi.ProtRead | LinuxApi.ProtExec) != 0)
        {
            throw new UnicornException("native-code: this host does not allow executable memory (mprotect failed); the emulator itself needs it too");
        }
    }

    ~NativeCode() => Release();

    internal void* Pointer => (void*)_address;

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address > 0)
        {
            _ = LinuxApi.munmap(address, PageSize);
        }
    }
}
