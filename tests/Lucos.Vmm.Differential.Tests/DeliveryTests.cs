using System.Text;
using Lucos.Vmm.Differential.Tests.Harness;
using Lucos.Vmm.Differential.Tests.Programs;
using Lucos.Vmm.Differential.Tests.Results;
using Lucos.Vmm.Differential.Tests.Runners;

namespace Lucos.Vmm.Differential.Tests;

/// <summary>Generated programs on the machine and under QEMU: every event they raise, all registers there, and all memory they can reach.</summary>
public sealed class DeliveryTests
{
    private const int ShownFailures = 5;
    private HarnessImage _image = null!;
    private MemoryImage _ours = null!;
    private MemoryImage _theirs = null!;

    [OneTimeSetUp]
    public async Task RunEverywhere()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(5));
        _image = new HarnessImage(ProgramSet.All);
        Task<MemoryImage> reference = QemuRunner.RunAsync(_image, limit.Token);
        _ours = VmmRunner.Run(_image);
        _theirs = await reference;
    }

    [Test]
    public void EveryProgramRunsAsUnderQemu()
    {
        SortedDictionary<string, int> known = [];
        StringBuilder failures = new();
        int failed = 0;
        for (int i = 0; i < _image.Programs.Count; i++)
        {
            List<Difference> unexplained = Unexplained(i, known);
            if (unexplained.Count != 0 && failed++ < ShownFailures)
            {
                failures.AppendLine(Comparison.Describe(_image.Programs[i], _ours.Record(i), _theirs.Record(i), unexplained));
            }
        }

        TestContext.Out.WriteLine($"{_image.Programs.Count} programs; differences by rule: {string.Join(", ", known.Select(k => $"{k.Key} {k.Value}"))}");
        Assert.That(failed, Is.Zero, $"{failed} programs differ; the first {Math.Min(failed, ShownFailures)}:\n{failures}");
    }

    [Test]
    public void TheProgramsReachWhatTheyAreMeantTo()
    {
        HashSet<ulong> vectors = [];
        int shutdowns = 0;
        for (int i = 0; i < _image.Programs.Count; i++)
        {
            ProgramRecord record = _theirs.Record(i);
            shutdowns += record.State == HarnessLayout.StateShutdown ? 1 : 0;
            for (int e = 0; e < record.EventCount; e++)
            {
                vectors.Add(record.Event(e, HarnessLayout.EventVector));
            }
        }

        TestContext.Out.WriteLine($"{shutdowns} shutdowns; vectors {string.Join(' ', vectors.Order().Select(v => v.ToString("x")))}");
        Assert.That(vectors, Is.SupersetOf(new ulong[] { 0, 1, 3, 6, 8, 10, 11, 12, 13, 14, 0x20, 0x80, HarnessLayout.SyscallVector }));
        Assert.That(shutdowns, Is.GreaterThan(20));
        Assert.That(_image.Programs, Has.Count.GreaterThan(2000));
    }

    private List<Difference> Unexplained(int program, SortedDictionary<string, int> known)
    {
        ProgramRecord ours = _ours.Record(program);
        List<Difference> unexplained = [];
        foreach (Difference difference in Comparison.Compare(ours, _theirs.Record(program)))
        {
            if (KnownDifference.Explain(difference, ours) is { } rule)
            {
                known[rule] = known.GetValueOrDefault(rule) + 1;
            }
            else
            {
                unexplained.Add(difference);
            }
        }

        return unexplained;
    }
}
