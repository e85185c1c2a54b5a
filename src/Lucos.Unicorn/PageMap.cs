using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>Which pages of a private mapping have been stored to: those that are anonymous by now (Linux, admin-guide/mm/pagemap.rst).</summary>
internal static unsafe class PageMap
{
    private const int PageSize = 4096;
    private const ulong Present = 1UL << 63;
    private const ulong Swapped = 1UL << 62;
    private const ulong FileOrShared = 1UL << 61;

    /// <summary>Offsets of the pages, in order; null when this host does not tell.</summary>
    internal static List<ulong>? FindChanged(nint address, ulong length)
    {
        int descriptor;
        fixed (byte* path = "/proc/self/pagemap\0"u8)
        {
            descriptor = LinuxApi.open(path, LinuxApi.ReadOnlyCloseOnExec);
        }

        if (descriptor < 0)
        {
            return null;
        }

        try
        {
            return Read(descriptor, address, length);
        }
        finally
        {
            _ = LinuxApi.close(descriptor);
        }
    }

    private static List<ulong>? Read(int descriptor, nint address, ulong length)
    {
        const int batch = 1 << 15;
        List<ulong> changed = [];
        ulong[] entries = new ulong[Math.Min(batch, (int)(length / PageSize))];
        for (ulong page = 0; page < length / PageSize;)
        {
            int count = (int)Math.Min((ulong)entries.Length, (length / PageSize) - page);
            Span<byte> bytes = MemoryMarshal.AsBytes(entries.AsSpan(0, count));
            fixed (byte* into = bytes)
            {
                long offset = (long)(((ulong)address / PageSize) + page) * sizeof(ulong);
                if (LinuxApi.pread(descriptor, into, (nuint)bytes.Length, offset) != bytes.Length)
                {
                    return null;
                }
            }

            for (int i = 0; i < count; i++)
            {
                if ((entries[i] & (Present | Swapped)) != 0 && (entries[i] & FileOrShared) == 0)
                {
                    changed.Add((page + (ulong)i) * PageSize);
                }
            }

            page += (ulong)count;
        }

        return changed;
    }
}
