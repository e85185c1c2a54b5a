using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging;

/// <summary>Checks a package against the file of a kernel, in the order in which the guest's Update Manager checks it.</summary>
public static class PackageVerifier
{
    /// <summary>Checks build-id, symbols, variables, function sizes, expected bytes and the reach of relocations. Where one of these fails, the later ones are left out.</summary>
    /// <param name="package">The package.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="diagnostics">What does not fit.</param>
    /// <returns>Whether the package fits the kernel.</returns>
    public static bool Verify(UpdatePackage package, KernelImage kernel, DiagnosticBag diagnostics)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(diagnostics);
        return CheckBuildId(package, kernel, diagnostics)
            && CheckSymbols(package, kernel, diagnostics)
            && CheckSizes(package, kernel, diagnostics)
            && CheckBytes(package, kernel, diagnostics)
            && CheckReach(package, kernel, diagnostics);
    }

    private static bool CheckBuildId(UpdatePackage package, KernelImage kernel, DiagnosticBag diagnostics)
    {
        if (!package.BuildId.Span.SequenceEqual(kernel.BuildId.Span))
        {
            diagnostics.Add(Refusal.BuildIdMismatch, package.Name,
                $"made for the kernel {Convert.ToHexStringLower(package.BuildId.Span)}, this one is {Convert.ToHexStringLower(kernel.BuildId.Span)}");
        }

        return !diagnostics.HasAny;
    }

    private static bool CheckSymbols(UpdatePackage package, KernelImage kernel, DiagnosticBag diagnostics)
    {
        foreach (var name in package.Imports)
        {
            _ = KernelSymbols.Import(kernel.Symbols, name, diagnostics);
        }

        KernelVariables.Check(package.Types, kernel.Symbols, diagnostics);
        foreach (var function in package.Functions)
        {
            var symbol = KernelSymbols.Target(kernel.Symbols, function.OldName, function.OldFile, diagnostics);
            if (symbol is not null && (symbol.Value != function.OldAddress || symbol.Size != (ulong)function.OldBytes.Length))
            {
                diagnostics.Add(Refusal.BadPackage, function.QualifiedName,
                    $"is at 0x{symbol.Value:x}+{symbol.Size} in the kernel, the package says 0x{function.OldAddress:x}+{function.OldBytes.Length}");
            }
        }

        return !diagnostics.HasAny;
    }

    private static bool CheckSizes(UpdatePackage package, KernelImage kernel, DiagnosticBag diagnostics)
    {
        foreach (var function in package.Functions)
        {
            _ = JumpRoom.Check(kernel, kernel.Symbols.Find(function.OldName, function.OldFile)[0], diagnostics);
        }

        return !diagnostics.HasAny;
    }

    private static bool CheckBytes(UpdatePackage package, KernelImage kernel, DiagnosticBag diagnostics)
    {
        foreach (var function in package.Functions)
        {
            var found = new byte[function.OldBytes.Length];
            if (!kernel.TryRead(function.OldAddress, found))
            {
                diagnostics.Add(Refusal.BadPackage, function.QualifiedName, $"0x{function.OldAddress:x}+{found.Length} is not inside the kernel");
                continue;
            }

            var at = function.OldBytes.Span.CommonPrefixLength(found);
            if (at < found.Length)
            {
                diagnostics.Add(Refusal.OldBytesMismatch, $"{function.QualifiedName}+0x{at:x}",
                    $"expected {Excerpt(function.OldBytes.Span[at..])}, found {Excerpt(found.AsSpan(at))}");
            }
        }

        return !diagnostics.HasAny;
    }

    private static bool CheckReach(UpdatePackage package, KernelImage kernel, DiagnosticBag diagnostics)
    {
        RelocationReach.Check(package, kernel, diagnostics);
        return !diagnostics.HasAny;
    }

    private static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        const int Shown = 8;
        return string.Join(' ', bytes[..Math.Min(Shown, bytes.Length)].ToArray().Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }
}
