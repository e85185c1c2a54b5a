using System.Globalization;
using System.Text.Json.Serialization;
using Lucos.Bench.Machines;
using Lucos.Unicorn;

namespace Lucos.Bench.Reports;

/// <summary>Where and with what it was measured.</summary>
/// <param name="Date">When, UTC.</param>
/// <param name="Processor">The host's processor.</param>
/// <param name="Processors">How many of them this process may use.</param>
/// <param name="Unicorn">Version of the emulator library.</param>
/// <param name="Qemu">What QEMU says about its version; null where it was left out.</param>
public sealed record HostFacts(
    [property: JsonPropertyName("date")] string Date,
    [property: JsonPropertyName("processor")] string Processor,
    [property: JsonPropertyName("processors")] int Processors,
    [property: JsonPropertyName("unicorn")] string Unicorn,
    [property: JsonPropertyName("qemu")] string? Qemu)
{
    /// <summary>Those of this machine, now.</summary>
    /// <param name="useQemu">Whether QEMU takes part.</param>
    public static HostFacts Now(bool useQemu)
    {
        const string field = "model name";
        string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        return new HostFacts(
            DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? "unknown",
            Environment.ProcessorCount,
            $"{UnicornLibrary.Version}",
            useQemu ? QemuProgram.Version : null);
    }
}
