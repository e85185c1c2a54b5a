using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>Reads memory of this process at addresses that may be none: the kernel copies it into a memory file, as far as it is there.</summary>
internal sealed unsafe class MemoryProbe : IDisposable
{
    private const ulong FirstAddress = 0x10000;
    private const ulong LastAddress = 0x7fff_ffff_f000;
    private const ulong Alignment = 16;
    private readonly int _file;
    private readonly byte[] _bytes;

    internal MemoryProbe(int length)
    {
        _bytes = new byte[length];
        ReadOnlySpan<byte> name = "lucos-probe\0"u8;
        fixed (byte* text = name)
        {
            _file = LinuxApi.memfd_create(text, LinuxApi.CloseOnExec);
        }
    }

    public void Dispose()
    {
        if (_file >= 0)
        {
            _ = LinuxApi.close(_file);
        }
    }

    /// <summary>Whether a word may be the address of something that was allocated.</summary>
    internal static bool MayBePointer(nint word) => (ulong)word is >= FirstAddress and < LastAddress && (ulong)word % Alignment == 0;

    /// <summary>What is at an address: nothing, or as much as is readable; valid until the next call.</summary>
    internal ReadOnlySpan<byte> Read(nint address)
    {
        nint length = LinuxApi.pwrite(_file, (byte*)address, (nuint)_bytes.Length, 0);
        if (length <= 0)
        {
            return [];
        }

        fixed (byte* bytes = _bytes)
        {
            length = LinuxApi.pread(_file, bytes, (nuint)length, 0);
        }

        return _bytes.AsSpan(0, (int)Math.Max(length, 0));
    }

    /// <summary>Whether the byte that was read last can be stored to: it is, with its own value.</summary>
    internal bool IsWritable(nint address) => LinuxApi.pread(_file, (byte*)address, 1, 0) == 1;
}
