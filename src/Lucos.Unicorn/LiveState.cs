using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Where an engine keeps the state of its processor. Saving a context copies it as a whole, 5.6 KiB, and restoring copies it back: for a system
/// call that changes ten fields, most of the work. The state has no address in the API, so it is looked for behind the pointers of the engine's own
/// structure, once per process, and each engine's must equal a saved context byte for byte. Where that fails, copies it is.
/// </summary>
internal static unsafe class LiveState
{
    private const ulong Magic = 0x11fe_57a7_e000_0000;
    private const int GeneralRegisters = 16;
    private const int ProcessorBytes = 1 << 17;

    private static readonly Lazy<(int Pointer, int State)?> s_place = new(Probe);

    /// <summary>Address of an engine's state, from the general registers on; 0 where it is not found.</summary>
    /// <param name="engine">The engine, which does not run.</param>
    /// <param name="context">A context of it to compare with; it is overwritten.</param>
    internal static nint Find(EngineHandle engine, nint context) =>
        s_place.Value is { } place && At(engine, place) is var state && IsState(engine, context, state) ? state : 0;

    private static nint At(EngineHandle engine, (int Pointer, int State) place) => *(nint*)(engine.Pointer + place.Pointer) + place.State;

    private static (int Pointer, int State)? Probe()
    {
        using EngineHandle engine = Engine.Open();
        using EngineHandle other = Engine.Open();
        nint context = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_context_alloc(engine, &context), "uc_context_alloc");
        try
        {
            WriteMagic(engine, Magic);
            return Search(engine) is { } place && IsState(engine, context, At(engine, place)) && IsOwn(engine, other, place) ? place : null;
        }
        finally
        {
            _ = UnicornApi.uc_context_free(context);
        }
    }

    // What a pointer points to is read by a system call, which refuses a bad address instead of ending the process.
    private static (int Pointer, int State)? Search(EngineHandle engine)
    {
        Span<ulong> pattern = stackalloc ulong[GeneralRegisters];
        for (int i = 0; i < pattern.Length; i++)
        {
            pattern[i] = Magic + (ulong)i;
        }

        ReadOnlySpan<nint> words = new((void*)engine.Pointer, (int)LinuxApi.malloc_usable_size(engine.Pointer) / sizeof(nint));
        using MemoryProbe memory = new(ProcessorBytes);
        for (int i = 0; i < words.Length; i++)
        {
            int at = MemoryProbe.MayBePointer(words[i]) ? memory.Read(words[i]).IndexOf(MemoryMarshal.AsBytes(pattern)) : -1;
            if (at >= 0)
            {
                return (i * sizeof(nint), at);
            }
        }

        return null;
    }

    // A place that two engines shared would pass for the state of the one that was saved last.
    private static bool IsOwn(EngineHandle engine, EngineHandle other, (int Pointer, int State) place)
    {
        WriteMagic(other, ~Magic);
        ulong* first = (ulong*)At(engine, place);
        ulong* second = (ulong*)At(other, place);
        second[1] = Magic;
        ulong rcx = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(other.Pointer, UcRegister.Rcx, &rcx), "uc_reg_read");
        return *first == Magic && *second == ~Magic && rcx == Magic;
    }

    private static bool IsState(EngineHandle engine, nint context, nint state)
    {
        UnicornException.ThrowIfFailed(UnicornApi.uc_context_save(engine.Pointer, context), "uc_context_save");
        int header = ContextProbe.Layout.Base;
        int length = (int)UnicornApi.uc_context_size(engine) - header;
        return new ReadOnlySpan<byte>((void*)state, length).SequenceEqual(new ReadOnlySpan<byte>((void*)(context + header), length));
    }

    private static void WriteMagic(EngineHandle engine, ulong first)
    {
        for (int i = 0; i < GeneralRegisters; i++)
        {
            ulong value = first + (ulong)i;
            UnicornException.ThrowIfFailed(
                UnicornApi.uc_reg_write(engine.Pointer, (UcRegister)ContextProbe.GeneralRegisters[i], &value), "uc_reg_write");
        }
    }
}
