using System.Text.Json.Nodes;

namespace Lucos.Control.Demo;

/// <summary>What the demo found.</summary>
/// <param name="Steps">Its steps.</param>
/// <param name="Load">What the load counted.</param>
/// <param name="MemoryIdenticalAfterUndo">Whether the kernel's text and read-only data were, after the undo, byte for byte what they were before the update.</param>
public sealed record DemoReport(IReadOnlyList<DemoStep> Steps, DemoLoad Load, bool MemoryIdenticalAfterUndo)
{
    private static readonly (string Name, string Outcome)[] s_expected =
    [
        ("exploit-before", "succeeded"),
        ("update", "finished"),
        ("exploit-after", "blocked"),
        ("undo", "rolled-back"),
        ("exploit-after-undo", "succeeded"),
    ];

    /// <summary>Whether everything came out as it should.</summary>
    public bool Succeeded => Steps.Select(s => (s.Name, s.Outcome)).SequenceEqual(s_expected) && Load.IsUndisturbed && MemoryIdenticalAfterUndo;

    /// <summary>The report's fields, without version and kind.</summary>
    public JsonObject ToJson() => new()
    {
        ["steps"] = new JsonArray([.. Steps.Select(s => (JsonNode)ToJson(s))]),
        ["load"] = new JsonObject { ["requests"] = Load.Requests, ["lost"] = Load.Lost, ["corrupted"] = Load.Corrupted },
        ["memoryIdenticalAfterUndo"] = MemoryIdenticalAfterUndo,
    };

    private static JsonObject ToJson(DemoStep step)
    {
        var json = new JsonObject { ["name"] = step.Name, ["outcome"] = step.Outcome };
        if (step.PauseMicroseconds is { } pause)
        {
            json["pauseMicroseconds"] = Math.Round(pause, 1);
            json["pauseGuestBlocks"] = step.PauseGuestBlocks ?? 0;
        }

        return json;
    }
}
