using System.Text;
using Lucos.Elf;

namespace Lucos.Control.Guests;

/// <summary>Reads the version of a kernel from its image.</summary>
internal static class KernelVersion
{
    private const string Symbol = "kernel_version";
    private const int LongestVersion = 64;

    /// <summary>What the kernel's constant <c>kernel_version</c> says; <c>unknown</c> for a kernel without it.</summary>
    public static string Of(KernelImage kernel)
    {
        if (kernel.Symbols.FindOnly(Symbol) is not { Size: > 1 and <= LongestVersion } symbol)
        {
            return "unknown";
        }

        var bytes = new byte[symbol.Size];
        return kernel.TryRead(symbol.Value, bytes) ? Encoding.UTF8.GetString(bytes).TrimEnd('\0') : "unknown";
    }
}
