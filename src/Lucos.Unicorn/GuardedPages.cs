using System.Runtime.InteropServices;

namespace Lucos.Unicorn;

/// <summary>A byte for each page of RAM that says whether it is guarded: what the machine code of <see cref="StoreGuard"/> and <see cref="LoadGuard"/> looks up.</summary>
internal sealed unsafe class GuardedPages(ulong pages) : IDisposable
{
    private readonly int _count = (int)pages;
    private byte* _flags = (byte*)NativeMemory.AllocZeroed((nuint)pages);
    private ulong[] _guarded = [];

    /// <summary>The bytes, for machine code.</summary>
    internal byte* Pointer => _flags;

    /// <summary>The bytes.</summary>
    internal Span<byte> Flags => new(_flags, _count);

    /// <summary>Whether <see cref="Set"/> named none.</summary>
    internal bool IsEmpty => _guarded.Length == 0;

    /// <summary>Replaces the guarded pages.</summary>
    /// <param name="pages">Their numbers.</param>
    internal void Set(ReadOnlySpan<ulong> pages)
    {
        Span<byte> flags = Flags;
        foreach (ulong page in _guarded)
        {
            flags[(int)page] = 0;
        }

        foreach (ulong page in pages)
        {
            flags[(int)page] = 1;
        }

        _guarded = pages.ToArray();
    }

    public void Dispose()
    {
        NativeMemory.Free(_flags);
        _flags = null;
    }
}
