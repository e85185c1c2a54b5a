using System.Text.Json;
using System.Text.Json.Nodes;
using Lucos.Control.Results;

namespace Lucos.Cli.Output;

/// <summary>Writes what a command found to standard output, in the format asked for.</summary>
public sealed class ResultWriter
{
    private static readonly JsonSerializerOptions s_compact = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Terminal _terminal;
    private bool _versionWritten;

    /// <summary>Makes a writer.</summary>
    /// <param name="terminal">Where to write.</param>
    /// <param name="format">The format.</param>
    public ResultWriter(Terminal terminal, OutputFormat format)
    {
        _terminal = terminal;
        Format = format;
    }

    /// <summary>The format.</summary>
    public OutputFormat Format { get; }

    /// <summary>Writes the result: text for people, one object for <c>json</c>, a record of the kind for <c>ndjson</c>.</summary>
    /// <param name="kind">What the result is, such as <c>status</c>.</param>
    /// <param name="fields">Its fields.</param>
    /// <param name="text">Writes it for people.</param>
    public void Result(string kind, JsonObject fields, Action<TextWriter> text)
    {
        switch (Format)
        {
            case OutputFormat.Text:
                text(_terminal.Out);
                break;
            case OutputFormat.Json:
                WriteLine(WithHead(fields, ("version", 1), ("kind", kind)));
                break;
            default:
                Record(kind, fields);
                break;
        }
    }

    /// <summary>Writes one record of a stream; nothing unless the format is <c>ndjson</c>.</summary>
    /// <param name="type">What the record is.</param>
    /// <param name="fields">Its fields.</param>
    public void Record(string type, JsonObject fields)
    {
        Begin();
        if (Format == OutputFormat.Ndjson)
        {
            WriteLine(WithHead(fields, ("type", type)));
        }
    }

    /// <summary>Begins a stream whose first record may be long in coming; nothing unless the format is <c>ndjson</c>.</summary>
    public void Begin()
    {
        if (Format == OutputFormat.Ndjson && !_versionWritten)
        {
            _versionWritten = true;
            WriteLine(new JsonObject { ["type"] = "version", ["version"] = 1 });
        }
    }

    /// <summary>Reports a failure: for people on standard error, for programs on standard output.</summary>
    /// <param name="code">The exit code.</param>
    /// <param name="reason">Stable identifier.</param>
    /// <param name="message">What was wrong and what to do.</param>
    /// <param name="more">More fields for programs.</param>
    /// <returns>The exit code.</returns>
    public ExitCode Failure(ExitCode code, string reason, string message, JsonObject? more = null)
    {
        if (Format == OutputFormat.Text)
        {
            _terminal.Error.WriteLine($"lucos: {reason}: {message}");
            return code;
        }

        var fields = new JsonObject { ["reason"] = reason, ["message"] = message, ["exitCode"] = (int)code };
        foreach (var (key, value) in more ?? [])
        {
            fields[key] = value?.DeepClone();
        }

        Result("error", fields, _ => { });
        return code;
    }

    private static JsonObject WithHead(JsonObject fields, params ReadOnlySpan<(string Key, JsonNode Value)> head)
    {
        var all = new JsonObject();
        foreach (var (key, value) in head)
        {
            all[key] = value;
        }

        foreach (var (key, value) in fields)
        {
            all[key] = value?.DeepClone();
        }

        return all;
    }

    private void WriteLine(JsonObject value) => _terminal.Out.WriteLine(value.ToJsonString(s_compact));
}
