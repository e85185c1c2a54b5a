namespace Lucos.Control.Guests;

/// <summary>A guest with its Update Server as they were at one moment. It never changes; any number of guests can be made of it.</summary>
public interface IGuestSnapshot : IDisposable
{
    /// <summary>Blocks that the guest had executed.</summary>
    ulong Blocks { get; }

    /// <summary>Writes it to a file, Update Server included. Any thread; nobody ever sees half a file.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <returns>Bytes of the file.</returns>
    /// <exception cref="IOException">It can't be written; nothing is left behind.</exception>
    long Save(string path);

    /// <summary>Makes a guest that continues from here. It sees nothing of the original, nor the original of it; its journal goes nowhere else.</summary>
    IGuest Fork();
}
