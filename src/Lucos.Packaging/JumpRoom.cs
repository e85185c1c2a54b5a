using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging;

/// <summary>Whether the five-byte jump fits a function.</summary>
internal static class JumpRoom
{
    private const byte Nop = 0x90;
    private const byte Breakpoint = 0xcc;

    /// <summary>A function of fewer than five bytes is long enough when one-byte padding follows it up to where the jump ends.</summary>
    public static bool Check(KernelImage kernel, ElfSymbol function, DiagnosticBag diagnostics)
    {
        var entry = new byte[UpdateLimits.JumpSize];
        if (function.Size >= UpdateLimits.JumpSize
            || (kernel.TryRead(function.Value, entry) && !entry.AsSpan((int)function.Size).ContainsAnyExcept(Nop, Breakpoint)))
        {
            return true;
        }

        diagnostics.Add(Refusal.FunctionTooShort, function.QualifiedName,
            $"{function.Size} bytes and no padding behind them; the jump to the replacement needs {UpdateLimits.JumpSize}");
        return false;
    }
}
