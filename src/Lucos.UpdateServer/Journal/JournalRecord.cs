using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lucos.Abi;

namespace Lucos.UpdateServer.Journal;

/// <summary>Something that happened to an update, or that the guest reported. Fields and event names are stable.</summary>
/// <param name="Sequence">Number of the record, from 1 on.</param>
/// <param name="Block">Guest's block count.</param>
/// <param name="Event">What happened: one of <see cref="JournalEvents"/>.</param>
/// <param name="UpdateId">The update; 0 if it is about none.</param>
/// <param name="Name">Name of the update; empty if it is about none.</param>
/// <param name="Version">Its version; may be empty.</param>
/// <param name="State">Its state after the event; <see cref="UpdateState.None"/> if it is about none.</param>
/// <param name="Refusal">The reason, if something was refused.</param>
/// <param name="Detail">What exactly, where.</param>
/// <param name="RequestId">The operator's request; 0 if it is about none.</param>
/// <param name="PauseMicroseconds">How long the guest was stopped for it, in host time; 0 if that was not measured.</param>
public sealed record JournalRecord(
    long Sequence,
    ulong Block,
    string Event,
    uint UpdateId,
    string Name,
    string Version,
    UpdateState State,
    Refusal Refusal,
    string Detail,
    ulong RequestId,
    double PauseMicroseconds)
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The record as one line of JSON, without the line's end. Fields without content are left out.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, s_options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("sequence", Sequence);
            writer.WriteNumber("block", Block);
            writer.WriteString("event", Event);
            WriteUpdate(writer);
            WriteText(writer, "refusal", Refusal == Refusal.None ? "" : Refusal.Id());
            WriteText(writer, "detail", Detail);
            WriteNumber(writer, "request", RequestId);
            if (PauseMicroseconds > 0)
            {
                writer.WriteNumber("pauseMicroseconds", Math.Round(PauseMicroseconds, 1));
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void WriteUpdate(Utf8JsonWriter writer)
    {
        WriteNumber(writer, "updateId", UpdateId);
        WriteText(writer, "name", Name);
        WriteText(writer, "version", Version);
        if (State != UpdateState.None)
        {
            writer.WriteString("state", State.Id());
        }
    }

    private static void WriteText(Utf8JsonWriter writer, string field, string text)
    {
        if (text.Length > 0)
        {
            writer.WriteString(field, text);
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string field, ulong value)
    {
        if (value != 0)
        {
            writer.WriteNumber(field, value);
        }
    }
}
