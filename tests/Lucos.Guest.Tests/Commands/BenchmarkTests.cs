using System.Text.Json;
using Lucos.Bench;
using Lucos.Bench.Benchmarks;

namespace Lucos.Guest.Tests.Commands;

/// <summary>Not how fast: that every benchmark still measures what it says, with hardly any work. Times are no test.</summary>
[TestFixture]
public sealed class BenchmarkTests
{
    private static readonly string[] s_numbers = ["lucos", "runs", "min", "median", "max"];

    public static IEnumerable<string> Names => BenchmarkTable.All.Select(b => b.Name);

    [TestCaseSource(nameof(Names))]
    public void EachBenchmarkPrintsItsResultsInTheFormThatScriptsRead(string name)
    {
        (int code, JsonElement report) = Measure("--only", name, "--no-qemu");
        Assert.That(code, Is.Zero);
        CheckReport(report);
    }

    [Test]
    [CancelAfter(120_000)]
    public void QemuIsComparedWithInTheSameUnitAndARatioThatIsBiggerWhenLucosIsFaster()
    {
        (int code, JsonElement report) = Measure("--only", "syscalls", "boot");
        Assert.That(code, Is.Zero);
        CheckReport(report);
        foreach (JsonElement result in report.GetProperty("results").EnumerateArray().Where(r => r.GetProperty("against").ValueKind == JsonValueKind.String))
        {
            // One run: the medians are the samples, and both are times.
            double expected = result.GetProperty("reference").GetDouble() / result.GetProperty("lucos").GetDouble();
            Assert.That(result.GetProperty("ratio").GetDouble(), Is.EqualTo(expected).Within(1e-9));
            Assert.That(result.GetProperty("against").GetString(), Does.StartWith("qemu"));
        }

        Assert.That(report.GetProperty("host").GetProperty("qemu").GetString(), Does.Contain("QEMU emulator version"));
    }

    [TestCase("--runs", "0")]
    [TestCase("--sample", "0")]
    [TestCase("--only", "no-such-benchmark")]
    [TestCase("-o", "xml")]
    public void AWrongCommandLineIsRefusedWithTheCodeForUsage(string option, string value) =>
        Assert.That(BenchCommand.Invoke([option, value]), Is.EqualTo(2));

    private static (int Code, JsonElement Report) Measure(params string[] arguments)
    {
        string file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"bench-{Guid.NewGuid():n}.json");
        try
        {
            int code = BenchCommand.Invoke([.. arguments, "--small", "--runs", "1", "--sample", "1", "-o", "json", "--to", file]);
            return (code, JsonDocument.Parse(File.ReadAllText(file)).RootElement);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void CheckReport(JsonElement report)
    {
        Assert.That(report.GetProperty("version").GetInt32(), Is.EqualTo(1));
        JsonElement[] results = [.. report.GetProperty("results").EnumerateArray()];
        JsonElement[] skipped = [.. report.GetProperty("skipped").EnumerateArray()];
        Assert.That(results.Length + skipped.Length, Is.Positive);
        Assert.That(skipped.All(s => s.GetProperty("name").GetString() is { Length: > 0 } && s.GetProperty("reason").GetString() is { Length: > 0 }));
        foreach (JsonElement result in results)
        {
            CheckResult(result);
        }
    }

    private static void CheckResult(JsonElement result)
    {
        Assert.That(result.GetProperty("name").GetString(), Is.Not.Empty);
        Assert.That(result.GetProperty("unit").GetString(), Is.Not.Empty);
        Assert.That(s_numbers.All(n => double.IsFinite(result.GetProperty(n).GetDouble())));
        bool isAlone = result.GetProperty("against").ValueKind == JsonValueKind.Null;
        foreach (string number in (string[])["reference", "ratio"])
        {
            Assert.That(result.GetProperty(number).ValueKind, Is.EqualTo(isAlone ? JsonValueKind.Null : JsonValueKind.Number));
        }
    }
}
