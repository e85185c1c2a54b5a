namespace Lucos.Packaging;

/// <summary>One function that a package replaces.</summary>
/// <param name="OldName">Name of the kernel's function.</param>
/// <param name="OldFile">Base name of its source file; empty when the name is unique.</param>
/// <param name="OldAddress">Virtual address of the kernel's function.</param>
/// <param name="OldBytes">The body that the kernel's function must have.</param>
/// <param name="OldHash">SHA-256 of that body.</param>
/// <param name="New">Where the new function lies.</param>
/// <param name="NewSize">Bytes of the new function.</param>
public sealed record PackagedFunction(
    string OldName, string OldFile, ulong OldAddress, ReadOnlyMemory<byte> OldBytes, ReadOnlyMemory<byte> OldHash, CodePlace New, uint NewSize)
{
    /// <summary>Name of the old function with its file where that is needed: <c>helper.in.pipe.c</c>.</summary>
    public string QualifiedName => OldFile.Length == 0 ? OldName : $"{OldName}{Elf.SymbolTable.StaticInfix}{OldFile}";
}
