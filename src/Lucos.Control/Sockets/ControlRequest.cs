using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lucos.Control.Sockets;

/// <summary>A line that a client sent, checked.</summary>
/// <param name="Id">The client's number for it, echoed in every answer; 0 if it gave none.</param>
/// <param name="Verb">What is asked.</param>
/// <param name="Name">Name of an update, or empty.</param>
/// <param name="Data">Part of a package in base64, or empty.</param>
public sealed record ControlRequest(long Id, string Verb, string Name, string Data)
{
    private const int MaximumDepth = 8;
    private static readonly string[] s_keys = ["id", "verb", "name", "data"];

    /// <summary>Reads a line.</summary>
    /// <param name="line">UTF-8 JSON.</param>
    /// <exception cref="ProtocolException">It is not a request.</exception>
    public static ControlRequest Parse(ReadOnlySpan<byte> line)
    {
        JsonObject fields;
        try
        {
            var node = JsonNode.Parse(line, null, new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false });
            fields = node as JsonObject ?? throw new ProtocolException(0, "bad-request", "a request is a JSON object");
        }
        catch (JsonException e)
        {
            throw new ProtocolException(0, "bad-json", e.Message);
        }

        var id = Id64(fields);
        foreach (var (key, _) in fields.Where(f => !s_keys.Contains(f.Key)))
        {
            throw new ProtocolException(id, "unknown-key", $"'{key}' is none of: {string.Join(", ", s_keys)}");
        }

        var verb = Text(fields, "verb", id);
        return verb.Length > 0
            ? new ControlRequest(id, verb, Text(fields, "name", id), Text(fields, "data", id))
            : throw new ProtocolException(id, "bad-request", "'verb' is missing");
    }

    private static long Id64(JsonObject fields)
    {
        if (!fields.TryGetPropertyValue("id", out var node))
        {
            return 0;
        }

        return node is JsonValue value && value.TryGetValue<long>(out var id)
            ? id
            : throw new ProtocolException(0, "bad-request", "'id' must be a whole number of 64 bits");
    }

    private static string Text(JsonObject fields, string key, long id)
    {
        if (!fields.TryGetPropertyValue(key, out var node))
        {
            return "";
        }

        return node is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw new ProtocolException(id, "bad-request", $"'{key}' must be a text");
    }
}
