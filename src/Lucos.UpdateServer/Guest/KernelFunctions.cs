using System.Runtime.CompilerServices;
using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.UpdateServer.Guest;

/// <summary>The functions of a kernel by address, with the room that each has.</summary>
internal sealed class KernelFunctions
{
    // One kernel runs in many guests, and in all forks of a guest.
    private static readonly ConditionalWeakTable<KernelImage, KernelFunctions> s_known = [];

    private readonly Dictionary<ulong, KernelFunction> _byAddress = [];

    private KernelFunctions(KernelImage kernel)
    {
        List<ElfSegment> code = [.. kernel.Segments.Where(segment => segment.Flags.HasFlag(SegmentAccess.Execute) && segment.VirtualAddress >= GuestLayout.KernelVirtualBase)];
        TextStart = code.Count == 0 ? 0 : code.Min(segment => segment.VirtualAddress);
        TextEnd = code.Count == 0 ? 0 : code.Max(segment => segment.VirtualEnd);
        IReadOnlyList<ElfSymbol> symbols = kernel.Symbols.InRange(TextStart, TextEnd);
        ulong end = TextEnd;
        for (int i = symbols.Count - 1; i >= 0; i--)
        {
            ElfSymbol symbol = symbols[i];
            end = i + 1 < symbols.Count && symbols[i + 1].Value != symbol.Value ? symbols[i + 1].Value : end;
            if (symbol.Type == SymbolType.Function && symbol.Size is > 0 and <= uint.MaxValue)
            {
                _byAddress[symbol.Value] = new KernelFunction(symbol.Name, symbol.Value, (uint)symbol.Size, end - symbol.Value);
            }
        }
    }

    /// <summary>Those of a kernel; worked out once for each image.</summary>
    public static KernelFunctions Of(KernelImage kernel) => s_known.GetValue(kernel, image => new KernelFunctions(image));

    /// <summary>First address of the kernel's code.</summary>
    public ulong TextStart { get; }

    /// <summary>First address behind the kernel's code.</summary>
    public ulong TextEnd { get; }

    /// <summary>The function that starts at an address.</summary>
    public bool TryFind(ulong address, out KernelFunction found) => _byAddress.TryGetValue(address, out found);
}
