namespace Lucos.Control.Guests;

/// <summary>A guest with its Update Server as they were at one moment. It never changes; any number of guests can be made of it.</summary>
public interface IGuestSnapshot : IDisposable
{
    /// <summary>Blocks that the guest had executed.</summary>
    ulong Blocks { get; }

    /// <summary>Makes a guest that continues from here. It sees nothing of the original, nor the original of it; its journal goes nowhere else.</summary>
    IGuest Fork();
}
