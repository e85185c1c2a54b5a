using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lucos.Control.Recording;

namespace Lucos.Cli.Output;

/// <summary>A divergence for programs. Addresses are hexadecimal texts.</summary>
internal static class DivergenceJson
{
    /// <summary>Renders it.</summary>
    /// <param name="divergence">The divergence.</param>
    internal static JsonObject Of(Divergence divergence) => new()
    {
        ["agreed"] = Of(divergence.Agreed),
        ["found"] = Of(divergence.Found),
        ["what"] = divergence.What,
        ["block"] = divergence.Block is { } block ? Of(block) : null,
        ["sources"] = Array(divergence.Sources, page => Hex(page)),
        ["pages"] = Array(divergence.Pages, Of),
        ["pagesAt"] = divergence.Pages.Count > 0 ? Of(divergence.PagesAt) : null,
    };

    private static JsonObject Of(RecordPosition position) => new() { ["blocks"] = position.Blocks, ["nanoseconds"] = position.Time };

    private static JsonObject Of(DivergentBlock block) => new()
    {
        ["number"] = block.Number,
        ["cpu"] = block.Cpu,
        ["recordedCpu"] = block.RecordedCpu,
        ["address"] = Hex(block.Address),
        ["function"] = block.Function,
        ["before"] = block.Before is { } before ? Of(before) : null,
    };

    private static JsonObject Of(BlockBefore before) => new()
    {
        ["number"] = before.Number,
        ["cpu"] = before.Cpu,
        ["address"] = Hex(before.Address),
        ["function"] = before.Function,
        ["loads"] = Array(before.Loads, load => Of(load, JsonNamingPolicy.CamelCase.ConvertName(load.Evidence.ToString()))),
        ["stores"] = Array(before.Stores, store => Of(store, null)),
        ["comesAgain"] = before.ComesAgain,
    };

    private static JsonObject Of(BlockAccess access, string? evidence)
    {
        var fields = new JsonObject { ["address"] = Hex(access.Address), ["length"] = access.Length, ["page"] = Hex(access.Page), ["holds"] = access.Holds };
        if (evidence is not null)
        {
            fields["evidence"] = evidence;
            fields["byte"] = access.Byte is { } found
                ? new JsonObject { ["address"] = Hex(found.Address), ["recorded"] = found.Recorded, ["replayed"] = found.Replayed }
                : null;
        }

        return fields;
    }

    private static JsonObject Of(PageDifference page) => new()
    {
        ["address"] = Hex(page.Address),
        ["places"] = Array(page.Places, part => new JsonObject { ["start"] = part.Start, ["end"] = part.End }),
        ["holds"] = page.Holds,
        ["firstStore"] = Of(page.FirstStore),
        ["lastStore"] = Of(page.LastStore),
    };

    private static JsonObject? Of(PageStore? store) => store is null
        ? null
        : new JsonObject { ["block"] = store.Block, ["cpu"] = store.Cpu, ["rip"] = Hex(store.Rip), ["function"] = store.Function };

    private static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> render) => new([.. items.Select(render)]);

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}
