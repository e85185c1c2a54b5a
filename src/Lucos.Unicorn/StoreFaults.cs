using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// The process's handler for stores to pages that a <see cref="WriteWatch"/> closed; every other fault goes to the handler that was there
/// before (the runtime's). It is machine code because a managed function can't be entered from managed code that has just faulted, and
/// managed code stores to guest RAM too.
/// </summary>
internal static unsafe class StoreFaults
{
    // void handler(int signal rdi, siginfo_t* rsi, void* context rdx), with two cells behind it: slots, and the handler before.
    //
    //         mov rax, [rsi+16]           ; faulting address
    //         mov r8, [rip+slots]
    //         mov ecx, [r8]               ; slots in use
    // next:   dec ecx
    //         js chain
    //         mov r10, [r8+rcx*8+8]       ; a watch
    //         test r10, r10
    //         jz next
    //         mov r9, rax
    //         sub r9, [r10]               ; offset into its memory
    //         cmp r9, [r10+8]
    //         jae next
    //         mov r8, r9
    //         shr r8, 12                  ; page
    //         mov rax, [r10+16]
    //         cmp byte ptr [rax+r8], 1    ; closed by us, or a fault of another kind?
    //         jne chain
    //         push rdi; push rsi; push rdx
    //         mov rdi, [r10]
    //         and r9, -4096
    //         add rdi, r9
    //         mov esi, 4096
    //         mov edx, 3
    //         mov eax, 10
    //         syscall                     ; mprotect(page, 4096, PROT_READ | PROT_WRITE)
    //         test eax, eax
    //         jz opened
    //         mov qword ptr [r10+40], 1   ; no mapping left to split: lost, open everything
    //         mov rdi, [r10]
    //         mov rsi, [r10+8]
    //         mov eax, 10
    //         syscall
    // opened: pop rdx; pop rsi; pop rdi
    //         test eax, eax
    //         jnz chain
    //         mov rax, [r10+16]
    //         mov byte ptr [rax+r8], 2    ; written
    //         mov rax, [r10+24]
    //         mov rcx, [rax]
    //         mov [rax+rcx*4+8], r8d
    //         inc qword ptr [rax]
    //         mov rax, [r10+32]           ; cells of the meter that runs
    //         test rax, rax
    //         jz done
    //         cmp qword ptr [rax+32], 0   ; interrupted already?
    //         jne done
    //         mov ecx, 1
    //         shl rcx, 62
    //         mov [rax+32], rcx
    //         sub [rax], rcx
    // done:   ret
    // chain:  jmp [rip+old]
    private static ReadOnlySpan<byte> Stub =>
    [
        0x48, 0x8b, 0x46, 0x10,
        0x4c, 0x8b, 0x05, 0xb5, 0x00, 0x00, 0x00,
        0x41, 0x8b, 0x08,
        0xff, 0xc9,
        0x0f, 0x88, 0xa3, 0x00, 0x00, 0x00,
        0x4d, 0x8b, 0x54, 0xc8, 0x08,
        0x4d, 0x85, 0xd2,
        0x74, 0xee,
        0x49, 0x89, 0xc1,
        0x4d, 0x2b, 0x0a,
        0x4d, 0x3b, 0x4a, 0x08,
        0x73, 0xe2,
        0x4d, 0x89, 0xc8,
        0x49, 0xc1, 0xe8, 0x0c,
        0x49, 0x8b, 0x42, 0x10,
        0x42, 0x80, 0x3c, 0x00, 0x01,
        0x75, 0x7b,
        0x57, 0x56, 0x52,
        0x49, 0x8b, 0x3a,
        0x49, 0x81, 0xe1, 0x00, 0xf0, 0xff, 0xff,
        0x4c, 0x01, 0xcf,
        0xbe, 0x00, 0x10, 0x00, 0x00,
        0xba, 0x03, 0x00, 0x00, 0x00,
        0xb8, 0x0a, 0x00, 0x00, 0x00,
        0x0f, 0x05,
        0x85, 0xc0,
        0x74, 0x16,
        0x49, 0xc7, 0x42, 0x28, 0x01, 0x00, 0x00, 0x00,
        0x49, 0x8b, 0x3a,
        0x49, 0x8b, 0x72, 0x08,
        0xb8, 0x0a, 0x00, 0x00, 0x00,
        0x0f, 0x05,
        0x5a, 0x5e, 0x5f,
        0x85, 0xc0,
        0x75, 0x39,
        0x49, 0x8b, 0x42, 0x10,
        0x42, 0xc6, 0x04, 0x00, 0x02,
        0x49, 0x8b, 0x42, 0x18,
        0x48, 0x8b, 0x08,
        0x44, 0x89, 0x44, 0x88, 0x08,
        0x48, 0xff, 0x00,
        0x49, 0x8b, 0x42, 0x20,
        0x48, 0x85, 0xc0,
        0x74, 0x17,
        0x48, 0x83, 0x78, 0x20, 0x00,
        0x75, 0x10,
        0xb9, 0x01, 0x00, 0x00, 0x00,
        0x48, 0xc1, 0xe1, 0x3e,
        0x48, 0x89, 0x48, 0x20,
        0x48, 0x29, 0x08,
        0xc3,
        0xff, 0x25, 0x09, 0x00, 0x00, 0x00,
        0x90,
    ];

    private const int Capacity = 4096;
    private const nuint CodeSize = 4096;
    private static readonly Lock s_lock = new();
    private static ulong* s_slots;

    // Returns the watch where the handler sees it.
    internal static Watch* Add(Watch watch)
    {
        // Never freed: the handler may be reading it on another thread, for a fault in other memory.
        Watch* added = (Watch*)NativeMemory.AllocZeroed((nuint)sizeof(Watch));
        *added = watch;
        lock (s_lock)
        {
            if (s_slots is null)
            {
                Install();
            }

            Span<ulong> slots = new(s_slots + 1, Capacity);
            int free = slots.IndexOf(0UL);
            if (free < 0)
            {
                throw new UnicornException($"write-watch: this process has {Capacity} guest memories; dispose of some");
            }

            Volatile.Write(ref slots[free], (ulong)added);
            Volatile.Write(ref *s_slots, Math.Max(*s_slots, (ulong)free + 1));
        }

        return added;
    }

    internal static void Remove(Watch* watch)
    {
        lock (s_lock)
        {
            Span<ulong> slots = new(s_slots + 1, Capacity);
            Volatile.Write(ref slots[slots.IndexOf((ulong)watch)], 0UL);
        }
    }

    private static void Install()
    {
        nint code = LinuxApi.mmap(0, CodeSize, LinuxApi.ProtRead | LinuxApi.ProtWrite, LinuxApi.MapPrivate | LinuxApi.MapAnonymous, -1, 0);
        if (code == LinuxApi.MapFailed)
        {
            throw new UnicornException("write-watch: mmap failed");
        }

        SignalAction action;
        if (LinuxApi.sigaction(LinuxApi.SegmentationFault, null, &action) != 0 || action.Handler <= SignalAction.IgnoreHandler)
        {
            throw new UnicornException("write-watch: the runtime has no handler for SIGSEGV to hand other faults to");
        }

        ulong* slots = (ulong*)NativeMemory.AllocZeroed((Capacity + 1) * sizeof(ulong));
        Stub.CopyTo(new Span<byte>((void*)code, Stub.Length));
        ((ulong*)(code + Stub.Length))[0] = (ulong)slots;
        ((ulong*)(code + Stub.Length))[1] = (ulong)action.Handler;
        action.Handler = code;
        action.Flags |= SignalAction.WithInformation | SignalAction.OnAlternateStack;
        if (LinuxApi.mprotect(code, CodeSize, LinuxApi.ProtRead | LinuxApi.ProtExec) != 0
            || LinuxApi.sigaction(LinuxApi.SegmentationFault, &action, null) != 0)
        {
            throw new UnicornException("write-watch: the handler for stores to closed pages can't be installed");
        }

        s_slots = slots;
    }

    /// <summary>What the machine code knows of one memory; it uses the offsets of the fields.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Watch
    {
        internal ulong Base;
        internal ulong Length;
        internal byte* States;
        internal ulong* Written;
        internal ulong Cells;
        internal ulong Lost;
    }
}
