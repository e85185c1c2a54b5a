namespace Lucos.Elf;

/// <summary>The symbols of a linked kernel by name, where several static ones may share a name, and by address.</summary>
public sealed class SymbolTable
{
    /// <summary>What stands between a static symbol's name and its source file's base name.</summary>
    public const string StaticInfix = ".in.";

    private readonly ILookup<string, ElfSymbol> _byName;
    private readonly ElfSymbol[] _byAddress;
    private readonly ulong[] _addresses;

    /// <summary>Indexes symbols: functions, objects and labels that are defined and have a name.</summary>
    /// <param name="symbols">Symbols of a linked file.</param>
    public SymbolTable(IEnumerable<ElfSymbol> symbols)
    {
        All = [.. symbols.Where(IsUseful)];
        _byName = All.ToLookup(s => s.Name, StringComparer.Ordinal);
        _byAddress = [.. All.Where(s => s.Section != SpecialSection.Absolute).OrderBy(s => s.Value).ThenBy(Rank).ThenBy(s => s.Index)];
        _addresses = [.. _byAddress.Select(s => s.Value)];
    }

    /// <summary>All symbols in the order of the file.</summary>
    public IReadOnlyList<ElfSymbol> All { get; }

    /// <summary>All symbols of a name; a name of the form <c>name.in.file.c</c> stands for the static symbol of that file.</summary>
    /// <param name="name">The name.</param>
    public IReadOnlyList<ElfSymbol> Find(string name)
    {
        ElfSymbol[] exact = [.. _byName[name]];
        var infix = name.LastIndexOf(StaticInfix, StringComparison.Ordinal);
        return exact.Length > 0 || infix <= 0 ? exact : Find(name[..infix], name[(infix + StaticInfix.Length)..]);
    }

    /// <summary>All symbols of a name that are local to a source file.</summary>
    /// <param name="name">The name.</param>
    /// <param name="file">Base name of the source file; empty or null for any symbol.</param>
    public IReadOnlyList<ElfSymbol> Find(string name, string? file) =>
        string.IsNullOrEmpty(file) ? [.. _byName[name]] : [.. _byName[name].Where(s => s.FileName == file)];

    /// <summary>The only symbol of a name, or null when there is none or there are several.</summary>
    /// <param name="name">The name, or <c>name.in.file.c</c>.</param>
    public ElfSymbol? FindOnly(string name) => Find(name) is [var only] ? only : null;

    /// <summary>The symbol that an address lies in: the last one that starts at or before it and, if it has a size, reaches over it.</summary>
    /// <param name="address">Virtual address.</param>
    public SymbolHit? Resolve(ulong address)
    {
        var index = Array.BinarySearch(_addresses, address);
        index = index < 0 ? ~index - 1 : LastAt(index);
        if (index < 0)
        {
            return null;
        }

        var start = FirstAt(index);
        var group = _byAddress.AsSpan(start, index - start + 1);
        foreach (var symbol in group)
        {
            if (address - symbol.Value < symbol.Size || address == symbol.Value)
            {
                return new SymbolHit(symbol, address - symbol.Value);
            }
        }

        var first = group[0];
        return first.Size == 0 ? new SymbolHit(first, address - first.Value) : null;
    }

    /// <summary>The symbols that start in a range, in the order of their addresses.</summary>
    /// <param name="start">First address.</param>
    /// <param name="end">First address behind the range.</param>
    public IReadOnlyList<ElfSymbol> InRange(ulong start, ulong end)
    {
        var index = Array.BinarySearch(_addresses, start);
        index = index < 0 ? ~index : FirstAt(index);
        return [.. _byAddress.Skip(index).TakeWhile(s => s.Value < end)];
    }

    private int LastAt(int index)
    {
        while (index + 1 < _addresses.Length && _addresses[index + 1] == _addresses[index])
        {
            index++;
        }

        return index;
    }

    private int FirstAt(int index)
    {
        while (index > 0 && _addresses[index - 1] == _addresses[index])
        {
            index--;
        }

        return index;
    }

    /// <summary>The same choice as the kernel's embedded table makes: functions, data, and global labels of assembly and linker.</summary>
    private static bool IsUseful(ElfSymbol symbol) =>
        symbol.IsDefined && symbol.Name.Length > 0 && symbol.Section != SpecialSection.Common
        && (symbol.Type is SymbolType.Data or SymbolType.Function || symbol is { Type: SymbolType.None, Binding: not SymbolBinding.Local });

    /// <summary>Among symbols at one address, functions come first, then data, then labels; global before local.</summary>
    private static int Rank(ElfSymbol symbol) => symbol.Type switch
    {
        SymbolType.Function => 0,
        SymbolType.Data => 2,
        _ => 4,
    } + (symbol.Binding == SymbolBinding.Local ? 1 : 0);
}
