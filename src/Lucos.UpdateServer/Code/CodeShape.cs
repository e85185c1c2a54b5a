using Iced.Intel;

namespace Lucos.UpdateServer.Code;

/// <summary>Questions about the instructions of a function that decide whether a jump may be written over its start.</summary>
public static class CodeShape
{
    /// <summary>Whether the bytes are only what compilers and linkers pad with: <c>nop</c> forms and <c>int3</c>.</summary>
    /// <param name="bytes">The bytes behind the body, up to the next symbol.</param>
    /// <param name="needed">How many of them must be padding.</param>
    public static bool IsPadding(ReadOnlySpan<byte> bytes, int needed)
    {
        Decoder decoder = Decoder.Create(64, bytes.ToArray());
        int offset = 0;
        while (offset < needed)
        {
            Instruction instruction = decoder.Decode();
            if (instruction.IsInvalid || instruction.Mnemonic is not (Mnemonic.Nop or Mnemonic.Int3))
            {
                return false;
            }

            offset += instruction.Length;
        }

        return true;
    }

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
