using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lucos.Control.Results;
using Lucos.Packaging;
using Lucos.Packaging.Inspection;

namespace Lucos.Cli.Commands;

/// <summary>What applying an accepted package would do: told by the package, and by the guest's look at its stacks and caches.</summary>
internal sealed class UpdatePlan
{
    private static readonly JsonSerializerOptions s_names = new(JsonSerializerDefaults.Web);

    private readonly UpdatePackage _package;
    private readonly IReadOnlyList<TypeDescription> _types;
    private readonly string _before;
    private readonly JsonObject? _forecast;

    private UpdatePlan(UpdatePackage package, JsonObject? forecast, string before)
    {
        _package = package;
        _types = PackageInspector.Describe(package, null).Types;
        _forecast = forecast;
        _before = before;
    }

    /// <summary>Makes a plan.</summary>
    /// <param name="package">The package, which the guest has accepted.</param>
    /// <param name="answer">The guest's answer, with its forecast if it had memory for one.</param>
    /// <param name="effective">The kernel's version now.</param>
    public static UpdatePlan Make(byte[] package, JsonObject answer, string effective)
    {
        var diagnostics = new DiagnosticBag();
        return PackageReader.Read(package, diagnostics) is { } read
            ? new UpdatePlan(read, answer["forecast"] as JsonObject, effective)
            : throw new LucosException(ExitCode.Internal, "unexpected-answer", $"the guest accepts this package, and this program does not: {diagnostics[0]}");
    }

    private string After => $"{_before}+{_package.Name}";

    /// <summary>Those who stand in the functions now: while one of them is left, the update drains.</summary>
    private IReadOnlyList<JsonObject> Blockers => [.. (_forecast?["blockers"] as JsonArray ?? []).OfType<JsonObject>()];

    private bool UndoMayBeRefused => _types.Any(t => t.Representable is not null);

    /// <summary>For programs.</summary>
    public JsonObject ToJson() => new()
    {
        ["refusal"] = null,
        ["name"] = _package.Name,
        ["updateVersion"] = _package.Version,
        ["description"] = _package.Description,
        ["effective"] = _before,
        ["effectiveAfter"] = After,
        ["functions"] = new JsonArray([.. _package.Functions.Select((f, index) => (JsonNode)new JsonObject
        {
            ["name"] = f.QualifiedName,
            ["address"] = $"0x{f.OldAddress:x}",
            ["oldSize"] = f.OldBytes.Length,
            ["newSize"] = f.NewSize,
            ["activations"] = Activations(index),
        })]),
        ["types"] = new JsonArray([.. _types.Select((type, index) => (JsonNode)ToJson(type, index))]),
        ["blockers"] = new JsonArray([.. Blockers.Select(b => b.DeepClone())]),
        ["undoMayBeRefused"] = UndoMayBeRefused,
    };

    /// <summary>For people.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="verdict">What is said of the package.</param>
    public void Write(TextWriter output, string verdict)
    {
        output.WriteLine($"{_package.Name} {_package.Version}: {verdict}");
        output.WriteLine($"  {_package.Description}");
        output.WriteLine($"  kernel {_before} would become {After}");
        foreach (var (index, f) in _package.Functions.Index())
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  replaces {f.QualifiedName} at 0x{f.OldAddress:x}, {f.OldBytes.Length:N0} bytes by {f.NewSize:N0}; {Active(Activations(index))}"));
        }

        foreach (var (index, type) in _types.Index())
        {
            Write(output, type, Instances(index));
        }

        foreach (var blocker in Blockers)
        {
            output.WriteLine($"  would wait for {UpdateText.Blocker(blocker)}");
        }

        WriteOutlook(output);
    }

    private static void Write(TextWriter output, TypeDescription type, ulong? instances)
    {
        var count = instances is { } known ? $"{UpdateText.Count(known, "instance")} now" : "instances not told";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  changes {type.Source} {type.Of} as {type.Name}: {type.OldSize:N0} bytes become {type.NewSize + type.ExtraSize:N0}; {count}"));
        output.WriteLine($"    placement {type.Placement}, interception {type.Interception}, transfer {type.Transfer}{(type.Lock is null ? "" : $" (lock {type.Lock})")}");
        if (type.HandledBy.Count > 0)
        {
            output.WriteLine($"    handled by {string.Join(", ", type.HandledBy)}: monitored until these are left");
        }

        output.WriteLine(type.Preserves.Count > 0
            ? $"    no transfer may lose {string.Join(", ", type.Preserves.Select(f => string.Create(CultureInfo.InvariantCulture, $"+0x{f.Offset:x} ({f.Size} bytes)")))}"
            : "    declares no preserved fields: --verify-coherence could compare nothing");
    }

    private void WriteOutlook(TextWriter output)
    {
        if (Blockers.Count > 0)
        {
            output.WriteLine("  they would run the old code to its end; the update would drain until then");
        }

        if (_forecast is not null && _types.Any(t => t.Placement != "shadow" && t.Transfer != "once"))
        {
            output.WriteLine(Blockers.Count > 0
                ? "  both versions of its data would live side by side meanwhile"
                : "  nobody stands in its functions now: its data would be carried over at once");
        }

        if (UndoMayBeRefused)
        {
            output.WriteLine("  undo may be refused: not-representable, if old versions can't hold the data");
        }
    }

    private JsonObject ToJson(TypeDescription type, int index)
    {
        var fields = JsonSerializer.SerializeToNode(type, s_names)!.AsObject();
        fields["instances"] = Instances(index);
        fields["undoMayBeRefused"] = type.Representable is not null;
        return fields;
    }

    private uint? Activations(int function) => Told("functions", function, "activations")?.GetValue<uint>();

    private ulong? Instances(int type) => Told("types", type, "instances")?.GetValue<ulong>();

    /// <summary>The guest tells functions and types in the order of the package.</summary>
    private JsonNode? Told(string list, int index, string key) => _forecast?[list] is JsonArray told && index < told.Count ? told[index]![key] : null;

    private static string Active(uint? count) => count switch
    {
        null => "activity not told",
        0 => "nobody in it now",
        1 => "1 active now",
        _ => string.Create(CultureInfo.InvariantCulture, $"{count} active now"),
    };
}
