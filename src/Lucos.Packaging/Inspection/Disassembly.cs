using Iced.Intel;
using Lucos.Elf;

namespace Lucos.Packaging.Inspection;

/// <summary>The first instructions of functions.</summary>
internal static class Disassembly
{
    private const int MaxInstructions = 8;

    public static IReadOnlyList<InstructionLine> OfKernel(ReadOnlyMemory<byte> code, ulong address, KernelImage? kernel)
    {
        var formatter = new IntelFormatter(Options(), kernel is null ? null : new KernelNames(kernel.Symbols));
        return Lines(code, address, formatter, _ => "");
    }

    public static IReadOnlyList<InstructionLine> OfPackage(ElfFile file, CodePlace place, uint size)
    {
        var relocations = file.RelocationSectionOf(place.Section) is { } table ? file.Relocations(table) : [];
        var code = place.Section.Data.Slice((int)place.Offset, (int)Math.Min(size, (ulong)place.Section.Data.Length - place.Offset));
        return Lines(code, place.Offset, new IntelFormatter(Options()), instruction => string.Concat(relocations
            .Where(r => r.Offset >= instruction.IP && r.Offset < instruction.NextIP)
            .Select(r => $"  ; {r.Type} {PackageInspector.TargetOf(file, r)}")));
    }

    private static List<InstructionLine> Lines(ReadOnlyMemory<byte> code, ulong address, IntelFormatter formatter, Func<Instruction, string> note)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code.ToArray()), address);
        var lines = new List<InstructionLine>();
        while (lines.Count < MaxInstructions && decoder.IP - address < (ulong)code.Length)
        {
            var instruction = decoder.Decode();
            var start = (int)(instruction.IP - address);
            var output = new StringOutput();
            formatter.Format(instruction, output);
            var bytes = Convert.ToHexStringLower(code.Span.Slice(start, Math.Min(instruction.Length, code.Length - start)));
            lines.Add(new InstructionLine((uint)start, bytes, output.ToStringAndReset() + note(instruction)));
        }

        return lines;
    }

    private static FormatterOptions Options() => new() { HexPrefix = "0x", HexSuffix = null, UppercaseHex = false, SpaceAfterOperandSeparator = true, RipRelativeAddresses = false };

    private sealed class KernelNames(SymbolTable symbols) : ISymbolResolver
    {
        public bool TryGetSymbol(in Instruction instruction, int operand, int instructionOperand, ulong address, int addressSize, out SymbolResult symbol)
        {
            symbol = default;
            if (symbols.Resolve(address) is not { } hit)
            {
                return false;
            }

            symbol = new SymbolResult(address - hit.Offset, hit.Symbol.QualifiedName);
            return true;
        }
    }
}
