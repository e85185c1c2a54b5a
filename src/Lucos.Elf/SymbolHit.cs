namespace Lucos.Elf;

/// <summary>An address, told by the symbol that it lies in.</summary>
/// <param name="Symbol">The symbol.</param>
/// <param name="Offset">Bytes from its start.</param>
public readonly record struct SymbolHit(ElfSymbol Symbol, ulong Offset)
{
    /// <summary>The form that people read: <c>name+0x1f</c>, with the file of a static symbol: <c>name (file.c)+0x1f</c>.</summary>
    public override string ToString()
    {
        var file = Symbol.FileName is { } name ? $" ({name})" : "";
        return $"{Symbol.Name}{file}+0x{Offset:x}";
    }
}
