using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// From which pages of one engine's RAM loads are reported before they happen. The library has one switch for this: with a hook for loads, all
/// loads and stores of all code take its slow path, and the hook, machine code, looks the page up. Without guarded pages there is no hook.
/// </summary>
internal sealed unsafe class LoadGuard : IDisposable
{
    private const ulong PageSize = 4096;

    // void stub(uc_engine* rdi, int type esi, uint64_t address rdx, int size ecx, int64_t value r8, struct Cells* r9)
    //         mov rax, rdx; shr rax, 12; mov r10, [r9]
    //         cmp byte ptr [r10+rax], 0   ; guarded?
    //         jne slow
    //         mov eax, edx; and eax, 0xfff; add eax, ecx; cmp eax, 0x1000
    //         ja slow                     ; crosses: which page the second one is, nobody here knows
    //         ret
    // slow:   jmp [r9+8]
    private static readonly NativeCode s_stub = new(
    [
        0x48, 0x89, 0xd0, 0x48, 0xc1, 0xe8, 0x0c, 0x4d, 0x8b, 0x11,
        0x41, 0x80, 0x3c, 0x02, 0x00,
        0x75, 0x11,
        0x89, 0xd0, 0x25, 0xff, 0x0f, 0x00, 0x00, 0x01, 0xc8, 0x3d, 0x00, 0x10, 0x00, 0x00,
        0x77, 0x01,
        0xc3,
        0x41, 0xff, 0x61, 0x08,
    ]);

    private readonly GuardedPages _guarded;
    private Cells* _cells;

    internal LoadGuard(ulong memoryLength, nint owner, void* slow)
    {
        _guarded = new GuardedPages(memoryLength / PageSize);
        _cells = (Cells*)NativeMemory.AllocZeroed((nuint)sizeof(Cells));
        _cells->Guarded = _guarded.Pointer;
        _cells->Slow = slow;
        _cells->User = owner;
    }

    internal static nint UserOf(nint cells) => ((Cells*)cells)->User;

    internal static void* Callback => s_stub.Pointer;

    internal nint UserData => (nint)_cells;

    /// <summary>The library's hook; 0 while there is none.</summary>
    internal nint Hook { get; set; }

    /// <summary>Whether some page is guarded.</summary>
    internal bool IsNeeded => !_guarded.IsEmpty;

    /// <summary>Replaces the guarded pages.</summary>
    internal void Set(ReadOnlySpan<ulong> pages) => _guarded.Set(pages);

    public void Dispose()
    {
        if (_cells is not null)
        {
            _guarded.Dispose();
            NativeMemory.Free(_cells);
            _cells = null;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Cells
    {
        internal byte* Guarded;
        internal void* Slow;
        internal nint User;
    }
}
