using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging;

/// <summary>
/// Finds relocations whose value fits its 32 bits nowhere in the module area. Where the module will lie is not known here, so one
/// that fits in a part of the area passes, and the guest's loader has the last word.
/// </summary>
internal static class RelocationReach
{
    public static void Check(UpdatePackage package, KernelImage kernel, DiagnosticBag diagnostics)
    {
        var file = package.File;
        foreach (var section in file.Sections.Where(s => s.IsAllocated))
        {
            if (file.RelocationSectionOf(section) is not { } table)
            {
                continue;
            }

            foreach (var relocation in file.Relocations(table))
            {
                var symbol = file.Symbols[relocation.Symbol];
                if (!Fits(relocation.Type, Value(symbol, relocation.Addend, kernel)))
                {
                    diagnostics.Add(Refusal.OutOfReach, $"{section.Name}+0x{relocation.Offset:x}",
                        $"{symbol.Name}{relocation.Addend:+0;-0} does not fit the relocation's 32 bits wherever the module is loaded");
                }
            }
        }
    }

    /// <summary>The lowest value and how far above it the highest may lie.</summary>
    private static (long Low, long Spread) Value(ElfSymbol symbol, long addend, KernelImage kernel)
    {
        var isOfModule = symbol.IsDefined && symbol.Section != SpecialSection.Absolute;
        var start = isOfModule ? GuestLayout.ModuleBase + symbol.Value
            : symbol.IsDefined ? symbol.Value
            : kernel.Symbols.Find(symbol.Name) is [var only] ? only.Value : 0;
        return (unchecked((long)start + addend), isOfModule ? (long)GuestLayout.ModuleAreaSize : 0);
    }

    private static bool Fits(RelocationType type, (long Low, long Spread) value)
    {
        var (low, spread) = value;
        const long area = (long)GuestLayout.ModuleAreaSize;
        return type switch
        {
            RelocationType.Abs32 => Touches(low, spread, 0, uint.MaxValue),
            RelocationType.Abs32Signed => Touches(low, spread, int.MinValue, int.MaxValue),
            RelocationType.Pc32 or RelocationType.Plt32 =>
                Touches(unchecked(low - (long)GuestLayout.ModuleBase - area), spread + area, int.MinValue, int.MaxValue),
            _ => true,
        };
    }

    private static bool Touches(long low, long spread, long least, long most) => low <= most && (Int128)low + spread >= least;
}
