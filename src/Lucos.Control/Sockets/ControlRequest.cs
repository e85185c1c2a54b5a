using System.Text.Json;

namespace Lucos.Control.Sockets;

/// <summary>A line that a client sent, checked.</summary>
/// <param name="Id">The client's number for it, echoed in every answer; 0 if it gave none.</param>
/// <param name="Verb">What is asked.</param>
/// <param name="Name">Name of an update, or empty.</param>
/// <param name="Data">Part of a package in base64, or empty.</param>
/// <param name="Path">Absolute path of a file to write, or empty.</param>
public sealed record ControlRequest(long Id, string Verb, string Name, string Data, string Path)
{
    private const int MaximumDepth = 8;
    private static readonly string[] s_keys = ["id", "verb", "name", "data", "path"];

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
        private readonly string?[] _texts = new string?[s_keys.Length];
        private long? _id;
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
                ReadValue(ref reader, key);
                reader.Skip();
            }
        }

        public ControlRequest ToRequest()
        {
            var (reason, message) = _complaint ?? (_texts[1] is { Length: > 0 } ? ("", "") : ("bad-request", "'verb' is missing"));
            return reason.Length == 0
                ? new ControlRequest(_id ?? 0, _texts[1]!, _texts[2] ?? "", _texts[3] ?? "", _texts[4] ?? "")
                : throw new ProtocolException(_id ?? 0, reason, message);
        }

        private int KeyAt(ref Utf8JsonReader reader)
        {
            for (var key = 0; key < s_keys.Length; key++)
            {
                if (reader.ValueTextEquals(s_keys[key]))
                {
                    return key;
                }
            }

            if (_complaint is null)
            {
                Complain("unknown-key", $"'{Shorten(reader.GetString()!)}' is none of: {string.Join(", ", s_keys)}");
            }

            return -1;
        }

        private void ReadValue(ref Utf8JsonReader reader, int key)
        {
            if (key >= 0 && (key == 0 ? _id is not null : _texts[key] is not null))
            {
                throw new JsonException($"'{s_keys[key]}' comes twice");
            }

            if (key == 0)
            {
                _id = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var id) ? id : null;
                if (_id is null)
                {
                    Complain("bad-request", "'id' must be a whole number of 64 bits");
                }
            }
            else if (key > 0)
            {
                _texts[key] = reader.TokenType == JsonTokenType.String ? reader.GetString() : "";
                if (reader.TokenType != JsonTokenType.String)
                {
                    Complain("bad-request", $"'{s_keys[key]}' must be a text");
                }
            }
        }

        private void Complain(string reason, string message) => _complaint ??= (reason, message);

        private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
    }
}
