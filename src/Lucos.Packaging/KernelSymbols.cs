using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging;

/// <summary>Looks up what a package names in the kernel, and says what is wrong when it is not exactly one symbol.</summary>
internal static class KernelSymbols
{
    private const int MaxCandidates = 8;

    /// <summary>The symbol that a package imports; <c>name.in.file.c</c> names a static one.</summary>
    public static ElfSymbol? Import(SymbolTable symbols, string name, DiagnosticBag diagnostics) =>
        Only(symbols, symbols.Find(name), name, diagnostics);

    /// <summary>The function that a package replaces.</summary>
    public static ElfSymbol? Target(SymbolTable symbols, string name, string file, DiagnosticBag diagnostics)
    {
        var qualified = file.Length == 0 ? name : $"{name}{SymbolTable.StaticInfix}{file}";
        var symbol = Only(symbols, symbols.Find(name, file), qualified, diagnostics);
        if (symbol is null or { Type: SymbolType.Function, Size: > 0 })
        {
            return symbol;
        }

        diagnostics.Add(Refusal.MissingSymbol, qualified, $"the kernel's symbol is a {symbol.Type} of {symbol.Size} bytes, no function with a size");
        return null;
    }

    private static ElfSymbol? Only(SymbolTable symbols, IReadOnlyList<ElfSymbol> found, string name, DiagnosticBag diagnostics)
    {
        if (found is [var only])
        {
            return only;
        }

        if (found.Count > 1)
        {
            diagnostics.Add(Refusal.AmbiguousSymbol, name, $"{found.Count} symbols of the kernel: {Candidates(found)}");
            return null;
        }

        var infix = name.LastIndexOf(SymbolTable.StaticInfix, StringComparison.Ordinal);
        var namesakes = infix > 0 ? symbols.Find(name[..infix], null) : [];
        diagnostics.Add(Refusal.MissingSymbol, name, namesakes.Count == 0 ? "the kernel has no such symbol" : $"not in that file; the kernel has {Candidates(namesakes)}");
        return null;
    }

    private static string Candidates(IReadOnlyList<ElfSymbol> symbols)
    {
        var shown = string.Join(", ", symbols.Take(MaxCandidates).Select(s => s.FileName is null ? $"{s.Name} (global)" : s.QualifiedName));
        return symbols.Count > MaxCandidates ? $"{shown}, and {symbols.Count - MaxCandidates} more" : shown;
    }
}
