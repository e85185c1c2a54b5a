namespace Lucos.Guest.Tests.Vmm;

/// <summary>A thread's kernel stack.</summary>
/// <param name="Thread">The thread's name.</param>
/// <param name="Start">Its lowest address.</param>
/// <param name="End">Behind its last byte.</param>
/// <param name="Pointer">Where its stack pointer was saved; what lies below is nobody's.</param>
internal sealed record StackRange(string Thread, ulong Start, ulong End, ulong Pointer)
{
    private const ulong SwitchFrame = 7 * sizeof(ulong);

    internal bool Contains(ulong address) => address >= Start && address < End;

    internal string Name(ulong address) => address < Pointer ? "stacks: below the stack pointer"
        : address < Pointer + SwitchFrame ? "stacks: switch frames"
        : $"stack of {Thread}";
}
