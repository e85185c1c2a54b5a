namespace Lucos.Packaging.Inspection;

/// <summary>Writes a description as text for people.</summary>
public static class DescriptionWriter
{
    /// <summary>Writes a description.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="package">The description.</param>
    public static void Write(TextWriter output, PackageDescription package)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(package);
        output.WriteLine($"{package.Name} {package.Version}: {package.Description}");
        output.WriteLine($"kernel     {package.BuildId}");
        output.WriteLine($"digest     {package.Digest} (matches the {package.FileBytes} bytes)");
        List(output, "depends on", package.DependsOn);
        List(output, "conflicts", package.ConflictsWith);
        List(output, "startup", package.Startup is null ? [] : [package.Startup]);
        List(output, "cleanup", package.Cleanup is null ? [] : [package.Cleanup]);
        List(output, "imports", package.Imports);
        foreach (var function in package.Functions)
        {
            Write(output, function);
        }

        foreach (var type in package.Types)
        {
            Write(output, type);
        }

        foreach (var callback in package.Callbacks)
        {
            output.WriteLine($"calls {callback.Function} on {callback.Kind} of {callback.Subject}");
        }

        output.WriteLine($"{package.Relocations.Count} relocations");
        foreach (var relocation in package.Relocations)
        {
            output.WriteLine($"  {relocation.Place,-32} {relocation.Type,-12} {relocation.Target}");
        }
    }

    private static void Write(TextWriter output, FunctionDescription function)
    {
        output.WriteLine($"replaces {function.Name} at {function.OldAddress} ({function.OldSize} bytes) by {function.ReplacedBy} ({function.NewSize} bytes)");
        output.WriteLine($"  old sha256 {function.OldHash}");
        Write(output, "  old code", function.OldCode);
        Write(output, "  new code, not relocated yet", function.NewCode);
    }

    private static void Write(TextWriter output, TypeDescription type)
    {
        var extra = type.ExtraSize > 0 ? $" and {type.ExtraSize} behind them" : "";
        var by = type.NewVariable is null ? "" : $" by {type.NewVariable}";
        output.WriteLine($"changes {type.Source} {type.Of}{by} as {type.Name} ({type.OldSize} bytes become {type.NewSize}{extra})");
        output.WriteLine($"  {type.Placement}, {type.Interception}, {type.Transfer}; shared head of {type.SharedHead} bytes");
        Member(output, "to new", type.ToNew);
        Member(output, "to old", type.ToOld);
        Member(output, "representable", type.Representable);
        Member(output, "release", type.Release);
        Member(output, "moved", type.Moved);
        Member(output, "state", type.State);
        Member(output, "lock", type.Lock is null ? null : $"{type.Lock} ({type.LockSize} bytes)");
        Member(output, "handled by", type.HandledBy.Count == 0 ? null : string.Join(", ", type.HandledBy));
        Member(output, "preserves", type.Preserves.Count == 0 ? null : string.Join(", ", type.Preserves.Select(f => $"+0x{f.Offset:x} ({f.Size} bytes)")));
    }

    private static void Member(TextWriter output, string title, string? value)
    {
        if (value is not null)
        {
            output.WriteLine($"  {title,-13} {value}");
        }
    }

    private static void Write(TextWriter output, string title, IReadOnlyList<InstructionLine> code)
    {
        output.WriteLine(title);
        foreach (var line in code)
        {
            output.WriteLine($"    +0x{line.Offset:x2}  {line.Bytes,-20}  {line.Text}");
        }
    }

    private static void List(TextWriter output, string title, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            output.WriteLine($"{title,-10} {string.Join(", ", values)}");
        }
    }
}
