using System.Globalization;
using System.Text.Json.Nodes;
using Lucos.Control.Results;
using Lucos.Packaging;

namespace Lucos.Cli.Commands;

/// <summary>What applying an accepted package would do: told by the package, and by the guest's look at its stacks.</summary>
internal sealed class UpdatePlan
{
    private readonly UpdatePackage _package;
    private readonly IReadOnlyDictionary<string, int> _activations;
    private readonly string _before;

    private UpdatePlan(UpdatePackage package, IReadOnlyDictionary<string, int> activations, string before)
    {
        _package = package;
        _activations = activations;
        _before = before;
    }

    /// <summary>Makes a plan.</summary>
    /// <param name="package">The package, which the guest has accepted.</param>
    /// <param name="answer">The guest's answer; its detail has <c>FUNCTION=N</c> for the functions' activations.</param>
    /// <param name="effective">The kernel's version now.</param>
    public static UpdatePlan Make(byte[] package, JsonObject answer, string effective)
    {
        var diagnostics = new DiagnosticBag();
        return PackageReader.Read(package, diagnostics) is { } read
            ? new UpdatePlan(read, Activations(answer["detail"]?.GetValue<string>() ?? ""), effective)
            : throw new LucosException(ExitCode.Internal, "unexpected-answer", $"the guest accepts this package, and this program does not: {diagnostics[0]}");
    }

    /// <summary>For programs.</summary>
    public JsonObject ToJson() => new()
    {
        ["refusal"] = null,
        ["name"] = _package.Name,
        ["updateVersion"] = _package.Version,
        ["description"] = _package.Description,
        ["effective"] = _before,
        ["effectiveAfter"] = After,
        ["functions"] = new JsonArray([.. _package.Functions.Select(f => (JsonNode)new JsonObject
        {
            ["name"] = f.QualifiedName,
            ["address"] = $"0x{f.OldAddress:x}",
            ["oldSize"] = f.OldBytes.Length,
            ["newSize"] = f.NewSize,
            ["activations"] = _activations.TryGetValue(f.OldName, out var count) ? count : null,
        })]),
    };

    /// <summary>For people.</summary>
    /// <param name="verdict">What is said of the package.</param>
    public string ToText(string verdict)
    {
        var lines = new List<string> { $"{_package.Name} {_package.Version}: {verdict}", $"  kernel {_before} would become {After}" };
        lines.AddRange(_package.Functions.Select(f => string.Create(
            CultureInfo.InvariantCulture,
            $"  replaces {f.QualifiedName} at 0x{f.OldAddress:x}: {f.OldBytes.Length} bytes by {f.NewSize}; {Active(f.OldName)}")));
        return string.Join('\n', lines);
    }

    private string After => $"{_before}+{_package.Name}";

    private static Dictionary<string, int> Activations(string detail)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var word in detail.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = word.LastIndexOf('=');
            if (at > 0 && int.TryParse(word.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                counts[word[..at]] = count;
            }
        }

        return counts;
    }

    private string Active(string function) => !_activations.TryGetValue(function, out var count)
        ? "activations not told"
        : count switch
        {
            0 => "nobody is in it now",
            1 => "1 activation of it now, which would run the old code to its end",
            _ => string.Create(CultureInfo.InvariantCulture, $"{count} activations of it now, which would run the old code to their end"),
        };
}
