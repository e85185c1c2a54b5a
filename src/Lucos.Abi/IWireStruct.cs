namespace Lucos.Abi;

/// <summary>A struct that crosses the border: little-endian, natural alignment, explicit padding, no references.</summary>
public interface IWireStruct
{
    /// <summary>The struct's name in C.</summary>
    static abstract string CName { get; }
}
