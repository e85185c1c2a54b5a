using System.Globalization;
using Lucos.Control.Results;
using Lucos.Elf;

namespace Lucos.Control.Recording;

/// <summary>Where a replay is to stand still. A closed hierarchy.</summary>
public abstract record StopPoint
{
    private StopPoint()
    {
    }

    /// <summary>Before an instruction.</summary>
    /// <param name="Address">Guest-virtual address.</param>
    public sealed record Entry(ulong Address) : StopPoint;

    /// <summary>At a store to memory.</summary>
    /// <param name="Address">Guest-virtual address of the first byte.</param>
    /// <param name="Length">Bytes, 1 to 4096.</param>
    /// <param name="Value">Only the store that leaves this little-endian value there; null for any.</param>
    public sealed record Write(ulong Address, int Length, ulong? Value) : StopPoint;

    /// <summary>Reads <c>FUNCTION[+OFFSET]</c>, <c>0xADDRESS</c> or <c>write:PLACE[,LENGTH][=VALUE]</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="symbols">Symbols of the kernel.</param>
    /// <exception cref="LucosException">It is none of these, or names a symbol that is not there.</exception>
    public static StopPoint Parse(string text, SymbolTable symbols)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string write = "write:";
        if (!text.StartsWith(write, StringComparison.Ordinal))
        {
            return new Entry(Place(text, symbols, out _));
        }

        var (place, value) = Split(text[write.Length..], '=');
        var (at, length) = Split(place, ',');
        var address = Place(at, symbols, out var size);
        var bytes = length is null ? Math.Clamp(size, 1, 8) : Number(length, text);
        if (bytes is < 1 or > 4096 || (value is not null && bytes > 8))
        {
            throw Bad(text, value is null ? "the length is 1 to 4096 bytes" : "a value has 8 bytes at most: give a LENGTH of 1 to 8");
        }

        if (address > ulong.MaxValue - bytes)
        {
            throw Bad(text, "it wraps around the end of the address space");
        }

        var wanted = value is null ? (ulong?)null : Number(value, text);
        return wanted is not { } number || bytes == 8 || number >> ((int)bytes * 8) == 0
            ? new Write(address, (int)bytes, wanted)
            : throw Bad(text, $"no {bytes} bytes hold that value: give a LENGTH that does");
    }

    private static ulong Place(string text, SymbolTable symbols, out ulong size)
    {
        size = 8;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return Number(text, text);
        }

        var (name, offset) = Split(text, '+');
        var found = symbols.Find(name);
        if (found.Count != 1)
        {
            throw Bad(text, found.Count == 0 ? $"the kernel has no symbol '{name}'" : $"the kernel has {found.Count} symbols '{name}': give an address");
        }

        size = offset is null ? found[0].Size : 8;
        return found[0].Value + (offset is null ? 0 : Number(offset, text));
    }

    private static (string First, string? Second) Split(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    private static ulong Number(string text, string whole)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(isHex ? text[2..] : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Bad(whole, $"'{text}' is no number");
    }

    private static LucosException Bad(string text, string problem) => new(
        ExitCode.Usage, "bad-stop-point", $"'{text}': {problem}; a stop point is FUNCTION[+OFFSET], 0xADDRESS or write:PLACE[,LENGTH][=VALUE]");
}
