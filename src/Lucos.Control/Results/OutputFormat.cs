namespace Lucos.Control.Results;

/// <summary>How a command writes its result to standard output.</summary>
public enum OutputFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object, with a top-level <c>"version":1</c>.</summary>
    Json,

    /// <summary>One JSON object per line, the first being <c>{"type":"version","version":1}</c>.</summary>
    Ndjson,
}
