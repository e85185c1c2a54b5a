using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>The processor's state as bytes, to be put into another engine of the same library.</summary>
public sealed unsafe partial class Engine
{
    /// <summary>Bytes of <see cref="SaveState"/>: they tell one layout of the library's state from another.</summary>
    public int StateLength => ProcessorState.LengthOf(ContextProbe.Layout, (int)UnicornApi.uc_context_size(_handle));

    /// <summary>Names the library and the layout of its state: what one saved can be loaded only where this is the same.</summary>
    /// <exception cref="UnicornException">The library is missing or not a known one.</exception>
    public static string StateFormat =>
        $"libunicorn {UnicornLibrary.Version}, {ProcessorState.LengthOf(ContextProbe.Layout, ContextProbe.Layout.ReturnAddress + sizeof(long))} bytes";

    /// <summary>Copies the processor's state; changes nothing. Not to be called from a callback.</summary>
    /// <exception cref="UnicornException">The state can't be saved; the message says why.</exception>
    public byte[] SaveState()
    {
        byte[] state = Copy();
        ProcessorState.Detach(state, ContextProbe.Layout);
        return state;
    }

    /// <summary>Replaces the processor's state, and drops all cached translations. Not to be called from a callback.</summary>
    /// <param name="state">What <see cref="SaveState"/> of an engine on the same library returned; it is checked.</param>
    /// <exception cref="UnicornException">It can't be that; nothing was changed.</exception>
    public void LoadState(ReadOnlySpan<byte> state)
    {
        ContextLayout layout = ContextProbe.Layout;
        byte[] present = Copy();
        ProcessorState.Check(state, present, layout);
        int contextLength = present.Length - (ProcessorState.ModelSpecificRegisters.Length * sizeof(ulong));

        // WRMSR goes first: it uses RAX, RCX and RDX of the context that is put in afterwards.
        ReadOnlySpan<ulong> values = MemoryMarshal.Cast<byte, ulong>(state[contextLength..]);
        for (int i = 0; i < values.Length; i++)
        {
            WriteMsr(ProcessorState.ModelSpecificRegisters[i], values[i]);
        }

        Scratch.Save();
        state[..contextLength].CopyTo(new Span<byte>((byte*)_scratch + layout.Base, contextLength));
        Scratch.Restore();
        FlushTranslations();
        FlushAddresses();
    }

    private byte[] Copy()
    {
        ContextLayout layout = ContextProbe.Layout;
        byte[] state = new byte[StateLength];
        int contextLength = state.Length - (ProcessorState.ModelSpecificRegisters.Length * sizeof(ulong));
        Scratch.Save();
        new ReadOnlySpan<byte>((byte*)_scratch + layout.Base, contextLength).CopyTo(state);
        Span<ulong> values = MemoryMarshal.Cast<byte, ulong>(state.AsSpan(contextLength));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ReadMsr(ProcessorState.ModelSpecificRegisters[i]);
        }

        return state;
    }
}
