using System.Text.Json;

namespace Lucos.Control.Sockets;

/// <summary>A line that a client sent, checked.</summary>
/// <param name="Id">The client's number for it, echoed in every answer; 0 if it gave none.</param>
/// <param name="Verb">What is asked.</param>
/// <param name="Name">Name of an update, or empty.</param>
/// <param name="Data">Part of a package in base64, or empty.</param>
/// <param name="Path">Absolute path of a file to write, or empty.</param>
/// <param name="VerifyCoherence">For apply: whether every transfer is checked, and every store to its data kept in the ledger.</param>
/// <param name="Before">For the ledger: only what came before the entry of this number; null for all.</param>
/// <param name="Limit">For the ledger: at most so many entries; null for as many as there may be.</param>
/// <param name="Request">To withdraw: number of the request.</param>
/// <param name="Announce">For what the Update Manager is asked: whether a line with the request's number is wanted before its answer.</param>
public sealed record ControlRequest(
    long Id,
    string Verb,
    string Name,
    string Data,
    string Path,
    bool VerifyCoherence = false,
    long? Before = null,
    long? Limit = null,
    long? Request = null,
    bool Announce = false)
{
    private const int MaximumDepth = 8;
    private static readonly string[] s_keys = ["id", "verb", "name", "data", "path", "verifyCoherence", "before", "limit", "request", "announce"];

    /// <summary>Reads a line. It is read as it comes, without a tree: a hostile line costs no more memory than its own texts.</summary>
    /// <param name="line">UTF-8 JSON.</param>
    /// <exception cref="ProtocolException">It is not a request.</exception>
    public static ControlRequest Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaximumDepth });
            var fields = new Fields();
            reader.Read();
            fields.ReadFrom(ref reader);
            if (reader.Read())
            {
                throw new ProtocolException(0, "bad-json", "a line holds one object");
            }

            return fields.ToRequest();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second kind is a text that is no UTF-8, or has half a surrogate pair.
            throw new ProtocolException(0, "bad-json", e.Message);
        }
    }

    /// <summary>What has been read of a line. The first complaint waits until the whole line has proved to be JSON, and its id is known.</summary>
    private sealed class Fields
    {
        // By key: a long, a bool or a string; null while it has not been read.
        private readonly object?[] _values = new object?[s_keys.Length];
        private (string Reason, string Message)? _complaint;

        public void ReadFrom(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Complain("bad-request", "a request is a JSON object");
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var key = KeyAt(ref reader);
                reader.Read();
                if (key is not null)
                {
                    ReadValue(ref reader, key);
                }

                reader.Skip();
            }
        }

        public ControlRequest ToRequest()
        {
            var id = Value<long>("id") ?? 0;
            if (_complaint is null && Text("verb").Length == 0)
            {
                Complain("bad-request", "'verb' is missing");
            }

            return _complaint is { } complaint
                ? throw new ProtocolException(id, complaint.Reason, complaint.Message)
                : new ControlRequest(
                    id,
                    Text("verb"),
                    Text("name"),
                    Text("data"),
                    Text("path"),
                    Value<bool>("verifyCoherence") ?? false,
                    Value<long>("before"),
                    Value<long>("limit"),
                    Value<long>("request"),
                    Value<bool>("announce") ?? false);
        }

        private string? KeyAt(ref Utf8JsonReader reader)
        {
            foreach (var key in s_keys)
            {
                if (reader.ValueTextEquals(key))
                {
                    return key;
                }
            }

            if (_complaint is null)
            {
                Complain("unknown-key", $"'{Shorten(reader.GetString()!)}' is none of: {string.Join(", ", s_keys)}");
            }

            return null;
        }

        private void ReadValue(ref Utf8JsonReader reader, string key)
        {
            ref var value = ref _values[Array.IndexOf(s_keys, key)];
            if (value is not null)
            {
                throw new JsonException($"'{key}' comes twice");
            }

            var (read, expected) = key switch
            {
                "id" or "before" or "limit" or "request" => ((object?)Number(ref reader), "a whole number of 64 bits"),
                "verifyCoherence" or "announce" => (Flag(ref reader), "true or false"),
                _ => (reader.TokenType == JsonTokenType.String ? reader.GetString() : null, "a text"),
            };
            value = read ?? "";
            if (read is null)
            {
                Complain("bad-request", $"'{key}' must be {expected}");
            }
        }

        private static long? Number(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : null;

        private static bool? Flag(ref Utf8JsonReader reader) => reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : null;

        private string Text(string key) => _values[Array.IndexOf(s_keys, key)] as string ?? "";

        private T? Value<T>(string key)
            where T : struct => _values[Array.IndexOf(s_keys, key)] as T?;

        private void Complain(string reason, string message) => _complaint ??= (reason, message);

        private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
    }
}
