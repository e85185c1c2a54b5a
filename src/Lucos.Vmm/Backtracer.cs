using Lucos.Elf;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm;

/// <summary>Walks a chain of frame pointers in guest memory.</summary>
public static class Backtracer
{
    private const int MaxFrames = 64;

    /// <summary>The frames of a processor, innermost first. Ends at the first frame pointer that does not lead up the stack.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="registers">Where to start.</param>
    /// <param name="symbols">Names the addresses; null leaves them bare.</param>
    public static IReadOnlyList<StackFrame> Walk(VirtualMemory memory, in RegisterFile registers, SymbolTable? symbols)
    {
        ArgumentNullException.ThrowIfNull(memory);
        List<StackFrame> frames = [Frame(registers.Rip, symbols)];
        ulong frame = registers.Rbp;
        while (frames.Count < MaxFrames && frame != 0 && frame % 8 == 0
            && memory.TryReadUInt64(new GuestVirtualAddress(frame), out ulong next)
            && memory.TryReadUInt64(new GuestVirtualAddress(frame + 8), out ulong returnAddress) && returnAddress != 0)
        {
            frames.Add(Frame(returnAddress, symbols));
            if (next <= frame)
            {
                break;
            }

            frame = next;
        }

        return frames;
    }

    /// <summary>A call that never returns may be its function's last instruction: the return address then lies behind the function.</summary>
    private static StackFrame Frame(ulong address, SymbolTable? symbols) =>
        new(new GuestVirtualAddress(address), (symbols?.Resolve(address) ?? symbols?.Resolve(address - 1))?.ToString());
}
