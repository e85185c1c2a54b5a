namespace Lucos.Elf;

/// <summary>Type of a symbol.</summary>
public enum SymbolType : byte
{
    /// <summary>Not told, as of labels in assembly and of the linker's symbols.</summary>
    None = 0,

    /// <summary>Data.</summary>
    Data = 1,

    /// <summary>Function.</summary>
    Function = 2,

    /// <summary>A section.</summary>
    Section = 3,

    /// <summary>Name of the source file of the local symbols that follow.</summary>
    File = 4,

    /// <summary>Uninitialised common block.</summary>
    Common = 5,

    /// <summary>Thread-local data.</summary>
    Tls = 6,
}
