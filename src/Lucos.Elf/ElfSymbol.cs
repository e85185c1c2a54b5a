namespace Lucos.Elf;

/// <summary>One symbol.</summary>
public sealed record ElfSymbol
{
    /// <summary>Position in the symbol table.</summary>
    public required int Index { get; init; }

    /// <summary>Name; empty for symbols of sections.</summary>
    public required string Name { get; init; }

    /// <summary>Address in a linked file, offset in its section in a relocatable one.</summary>
    public required ulong Value { get; init; }

    /// <summary>Bytes, zero when not told.</summary>
    public required ulong Size { get; init; }

    /// <summary>Binding.</summary>
    public required SymbolBinding Binding { get; init; }

    /// <summary>Type.</summary>
    public required SymbolType Type { get; init; }

    /// <summary>Index of its section, or one of <see cref="SpecialSection"/>.</summary>
    public required ushort Section { get; init; }

    /// <summary>Source file of a local symbol, as the compiler spelled it; null for others.</summary>
    public string? File { get; init; }

    /// <summary>Whether it is defined in this file.</summary>
    public bool IsDefined => Section != SpecialSection.Undefined;

    /// <summary>Base name of the source file, or null.</summary>
    public string? FileName => File?[(File.LastIndexOf('/') + 1)..];

    /// <summary>The name that tells it from its namesakes: <c>name</c>, or <c>name.in.file.c</c> for a local one.</summary>
    public string QualifiedName => FileName is null ? Name : $"{Name}.in.{FileName}";
}
