using Iced.Intel;
using Lucos.Abi;

namespace Lucos.UpdateServer.Code;

/// <summary>Makes relocated copies of the instructions that a jump overwrites.</summary>
public static class Displacer
{
    /// <summary>Bytes that a copy may take.</summary>
    public const int SlotSize = (int)UpdateLimits.RelocationBytesPerFunction;

    private const int MaxDisplaced = Trampoline.Length - 1 + 15;

    /// <summary>How many bytes of the function's start are needed to copy its displaced instructions.</summary>
    public static int BytesNeeded => MaxDisplaced;

    /// <summary>
    /// Copies every instruction that begins in the first five bytes to <paramref name="destination"/>, adjusting what is relative to
    /// RIP, and appends a jump to the first instruction behind them.
    /// </summary>
    /// <param name="body">The function from its entry on.</param>
    /// <param name="source">Where it lies.</param>
    /// <param name="destination">Where the copy is to lie.</param>
    /// <param name="copy">The copy.</param>
    /// <param name="problem">Why it can't be made.</param>
    /// <returns>Whether it could be made.</returns>
    public static bool TryCopy(ReadOnlySpan<byte> body, ulong source, ulong destination, out RelocatedCopy? copy, out string problem)
    {
        copy = null;
        if (!TryDecode(body, source, out List<Instruction> displaced, out problem))
        {
            return false;
        }

        var code = new List<byte>(SlotSize);
        var boundaries = new List<(ulong Original, ulong Copy)>();
        foreach (Instruction instruction in displaced)
        {
            ulong place = destination + (ulong)code.Count;
            boundaries.Add((instruction.IP, place));
            if (!TryEncode(instruction, place, code, out problem))
            {
                return false;
            }
        }

        ulong rest = displaced[^1].NextIP;
        ulong jump = destination + (ulong)code.Count;
        boundaries.Add((rest, jump));
        if (!Trampoline.TryEncode(jump, rest, out byte[] back))
        {
            problem = $"the copy at 0x{destination:x} is out of reach of 0x{rest:x}";
            return false;
        }

        code.AddRange(back);
        copy = new RelocatedCopy(source, destination, [.. code], boundaries);
        return FitsSlot(code.Count, out problem);
    }

    private static bool TryDecode(ReadOnlySpan<byte> body, ulong source, out List<Instruction> displaced, out string problem)
    {
        displaced = [];
        problem = "";
        Decoder decoder = Decoder.Create(64, body.ToArray(), source);
        while (decoder.IP < source + Trampoline.Length && !EndsBody(displaced, source + (ulong)body.Length))
        {
            Instruction instruction = decoder.Decode();
            if (instruction.IsInvalid)
            {
                problem = $"no instruction can be decoded at 0x{instruction.IP:x}";
                return false;
            }

            displaced.Add(instruction);
        }

        return true;
    }

    /// <summary>A body shorter than the jump ends here, and nobody goes on into the padding behind it.</summary>
    private static bool EndsBody(List<Instruction> displaced, ulong end) =>
        displaced.Count > 0
        && displaced[^1].NextIP == end
        && displaced[^1].FlowControl is (FlowControl.Return or FlowControl.UnconditionalBranch or FlowControl.IndirectBranch);

    /// <summary>
    /// One block per instruction, so that the start of each copy is known even where the encoder needs several
    /// instructions for one (a short branch that no longer reaches).
    /// </summary>
    private static bool TryEncode(in Instruction instruction, ulong place, List<byte> code, out string problem)
    {
        var writer = new ByteListWriter(code);
        var block = new InstructionBlock(writer, [instruction], place);
        if (BlockEncoder.TryEncode(64, block, out string? error, out _))
        {
            problem = "";
            return true;
        }

        problem = $"the instruction at 0x{instruction.IP:x} ({instruction}) can't be moved: {error}";
        return false;
    }

    private static bool FitsSlot(int length, out string problem)
    {
        problem = length <= SlotSize ? "" : $"the copy takes {length} bytes, {SlotSize} are there";
        return length <= SlotSize;
    }
}
