using System.Globalization;
using System.Text;
using Lucos.Abi;
using Lucos.Control.Results;
using Lucos.Elf;
using Lucos.Packaging;
using Lucos.Tests.Shared;

namespace Lucos.Bench.Data;

/// <summary>Compiles the update that the data benchmarks apply: <c>bench-data.c</c>, which see.</summary>
public static class DataUpdate
{
    /// <summary>Its name.</summary>
    public const string Name = "bench-data";

    // As the guest's Makefile has it: each function has a frame from its first instruction to its last.
    private static readonly string[] s_flags =
        ["-finline", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-fno-shrink-wrap", "-fno-strict-aliasing", "-fno-tree-loop-distribute-patterns", "-Wno-sign-compare"];

    /// <summary>Makes the package.</summary>
    /// <param name="kernel">The kernel that it is for.</param>
    /// <param name="interception">How stores are intercepted.</param>
    /// <param name="sharedHead">Bytes of the records that both versions share.</param>
    /// <param name="functions">Functions that it replaces, at least 1. All but one are replaced by code that makes no sense: the guest must not run on.</param>
    /// <param name="transfer">When state is transferred: at each write, lazily, or when a lock outside of the records is released.</param>
    /// <exception cref="LucosException">The kernel has not so many functions.</exception>
    public static byte[] Make(KernelImage kernel, Interception interception, int sharedHead = 0, int functions = 1, TransferPoint transfer = TransferPoint.EachWrite)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        string point = transfer switch { TransferPoint.Lazy => "LAZY", TransferPoint.OnUnlock => "ON_UNLOCK", _ => "EACH_WRITE" };
        var source = new StringBuilder(ReadSource());
        foreach ((int index, ElfSymbol function) in Victims(kernel, functions - 1).Index())
        {
            source.Append(CultureInfo.InvariantCulture, $"static u64 stands_in_{index}(void)\n{{\n\treturn {index};\n}}\n");
            source.Append(CultureInfo.InvariantCulture, $"LUCOS_REPLACE_IN(\"{function.FileName}\", {function.Name}, stands_in_{index});\n");
        }

        byte[] compiled = UpdateCompiler.Compile(
            source.ToString(),
            [.. s_flags, "-D__KERNEL__", $"-DINTERCEPTION=LUCOS_INTERCEPTION_{interception.ToString().ToUpperInvariant()}", $"-DTRANSFER=LUCOS_TRANSFER_{point}", $"-DSHARED_HEAD={sharedHead}"]);
        var diagnostics = new DiagnosticBag();
        return PackageBuilder.Build(compiled, kernel, diagnostics)
            ?? throw new LucosException(ExitCode.Internal, "benchmark-failed", $"the update of the data benchmarks can't be built: {diagnostics[0]}");
    }

    private static string ReadSource()
    {
        using Stream stream = typeof(DataUpdate).Assembly.GetManifestResourceStream("bench-data.c")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    // Those that tests call come first: nobody stands in them.
    private static List<ElfSymbol> Victims(KernelImage kernel, int count)
    {
        List<ElfSymbol> found =
        [
            .. kernel.Symbols.All
                .Where(s => s.Type == SymbolType.Function && s.Size >= UpdateLimits.JumpSize && s.Name.Length <= UpdateLimits.MaxNameLength && s.Name != "thread_join" && kernel.Symbols.Find(s.Name, s.FileName).Count == 1)
                .Where(s => s.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                .DistinctBy(s => s.Value)
                .OrderByDescending(s => s.File?.StartsWith("ktest", StringComparison.Ordinal) == true)
                .ThenBy(s => s.Value)
                .Take(count),
        ];
        return found.Count == count
            ? found
            : throw new LucosException(ExitCode.Usage, "too-few-functions", $"the kernel has {found.Count} functions that can be replaced, {count} are wanted");
    }
}
