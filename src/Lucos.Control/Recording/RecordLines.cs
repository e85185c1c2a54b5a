using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lucos.Control.Recording;

/// <summary>How lines of a record are written and read: strictly, unknown or missing fields are errors.</summary>
internal static class RecordLines
{
    /// <summary>Longest line in bytes: a head with kernel and initramfs of 64 MiB together.</summary>
    internal const int Longest = 96 << 20;

    internal static JsonSerializerOptions Options { get; } = new()
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };
}
