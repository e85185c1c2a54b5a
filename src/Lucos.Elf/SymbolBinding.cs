namespace Lucos.Elf;

/// <summary>Binding of a symbol.</summary>
public enum SymbolBinding : byte
{
    /// <summary>Seen in its own file only (static).</summary>
    Local = 0,

    /// <summary>Seen everywhere.</summary>
    Global = 1,

    /// <summary>Global, gives way to another definition.</summary>
    Weak = 2,
}
