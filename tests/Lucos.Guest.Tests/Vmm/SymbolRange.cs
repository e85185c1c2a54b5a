namespace Lucos.Guest.Tests.Vmm;

/// <summary>A function or variable of a module.</summary>
/// <param name="Name">Module and symbol.</param>
/// <param name="Start">Where it lies.</param>
/// <param name="Size">How many bytes it has.</param>
internal sealed record SymbolRange(string Name, ulong Start, ulong Size)
{
    internal bool Contains(ulong address) => address >= Start && address - Start < Size;
}
