using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging;

/// <summary>Whether the kernel's variables that a package's types name are there, and as large as they must be.</summary>
internal static class KernelVariables
{
    /// <summary>Checks the variables of types. Symbols that are missing or ambiguous are left to the check of the imports.</summary>
    public static void Check(IEnumerable<PackagedType> types, SymbolTable symbols, DiagnosticBag diagnostics)
    {
        foreach (var type in types)
        {
            Check(type.OldVariable, type.OldSize, $"type {type.Name}", symbols, diagnostics);
            Check(type.Lock, type.LockSize, $"type {type.Name}", symbols, diagnostics);
        }
    }

    private static void Check(DataPlace? place, uint size, string where, SymbolTable symbols, DiagnosticBag diagnostics)
    {
        if (place is not { IsOfKernel: true, Symbol: { } import } || symbols.Find(import.Name) is not [var found])
        {
            return;
        }

        if (found.Type == SymbolType.Function || place.Offset > found.Size || size > found.Size - place.Offset)
        {
            diagnostics.Add(Refusal.BadPackage, where,
                $"{size} bytes at {place.Name} are asked for, the kernel's {found.QualifiedName} is a {found.Type} of {found.Size}; declare it as the kernel's source does");
        }
    }
}
