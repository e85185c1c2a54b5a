using Iced.Intel;

namespace Lucos.UpdateServer.Code;

/// <summary>Questions about the instructions of a function that decide whether a jump may be written over its start.</summary>
public static class CodeShape
{
    private const byte Nop = 0x90;
    private const byte Breakpoint = 0xcc;

    /// <summary>
    /// Whether the bytes are padding of one byte each: <c>nop</c> (0x90) or <c>int3</c> (0xcc). Longer forms of <c>nop</c>
    /// don't count, since the jump could end in the middle of one; the package builder and the guest have the same rule.
    /// </summary>
    /// <param name="bytes">The bytes between the end of the body and that of the jump.</param>
    public static bool IsPadding(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept(Nop, Breakpoint);

    /// <summary>
    /// Finds a direct branch of the body whose target lies strictly inside the bytes that the jump overwrites. An old
    /// activation that takes it would land in the middle of the jump.
    /// </summary>
    /// <param name="body">The function's bytes as they are without any update.</param>
    /// <param name="address">Where they lie.</param>
    /// <param name="branch">Address of the branch.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryFindBranchIntoEntry(ReadOnlySpan<byte> body, ulong address, out ulong branch)
    {
        Decoder decoder = Decoder.Create(64, body.ToArray(), address);
        ulong end = address + (ulong)body.Length;
        while (decoder.IP < end)
        {
            Instruction instruction = decoder.Decode();
            if (IsDirectBranch(instruction) && Overwritten(instruction.NearBranchTarget, address))
            {
                branch = instruction.IP;
                return true;
            }
        }

        branch = 0;
        return false;
    }

    private static bool Overwritten(ulong target, ulong address) =>
        target > address && target < address + Trampoline.Length;

    private static bool IsDirectBranch(in Instruction instruction) =>
        instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.Call
        && instruction.Op0Kind is OpKind.NearBranch64;
}
