using Lucos.Bench.Bare;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Unicorn;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// A workload on our monitor and, in turn, on QEMU with the same kernel image and initramfs. Code that needs no kernel runs on the bare
/// engine too, the same machine code: as the library comes, and with nothing before blocks and behind accesses, the most that the library's
/// translation can give.
/// </summary>
public sealed class WorkloadBenchmark(Workload workload) : IBenchmark
{
    private const string Bare = "unicorn";
    private const string Limit = "unicorn-limit";
    private const double NanosecondsPerSecond = 1e9;
    private const double NanosecondsPerMicrosecond = 1e3;

    /// <inheritdoc/>
    public string Name => workload.Name;

    /// <inheritdoc/>
    public string Group => workload.Group;

    /// <inheritdoc/>
    public string About => workload.About;

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        using var meter = new ExecutionMeter();
        using BareProgram? bare = workload.Function is null ? null : BareProgram.Load(context.Files, workload.Function);
        using BareProgram? limit = workload.Function is null ? null : Unhindered(context, meter, workload.Function);
        double instructions = workload.Unit == Unit.MegaInstructions ? bare!.InstructionsEach() : 0;
        List<Subject> subjects = [.. context.Pool.Machines.Where(m => m is LucosMachine || !workload.LucosOnly).Select(SubjectOf)];
        if (bare is not null)
        {
            bare.WarmUp();
            subjects.Add(new Subject(Bare, bare.Time));
        }

        if (limit is not null)
        {
            limit.WarmUp();
            subjects.Add(new Subject(Limit, limit.Time));
        }

        double[][] times = Interleaved.NanosecondsEach(subjects, context.Amount);
        double[][] values = [.. times.Select(t => t.Select(ns => Convert(ns, instructions)).ToArray())];
        Report(context, subjects, values);
    }

    // The first reference is the main one and has the workload's own name, the others have theirs behind it.
    private void Report(BenchContext context, List<Subject> subjects, double[][] values)
    {
        if (subjects.Count == 1)
        {
            context.Add(Measurement.Of(Name, workload.Unit, values[0]));
        }

        for (int i = 1; i < subjects.Count; i++)
        {
            string name = i == 1 ? Name : $"{Name}/{subjects[i].Name}";
            context.Add(Measurement.Of(name, workload.Unit, values[0], subjects[i].Name, values[i]));
        }

        ReportLimit(context, subjects, values);
    }

    // What is left of the distance to QEMU when there is no monitor and no kernel: the library's part of it.
    private void ReportLimit(BenchContext context, List<Subject> subjects, double[][] values)
    {
        int bare = subjects.FindIndex(s => s.Name == Limit);
        int qemu = subjects.FindIndex(s => s.Name == QemuMachine.Usual);
        if (bare >= 0 && qemu >= 0)
        {
            context.Add(Measurement.Of($"{Name}/limit-against-qemu", workload.Unit, values[bare], subjects[qemu].Name, values[qemu]));
        }
    }

    private static BareProgram Unhindered(BenchContext context, ExecutionMeter meter, string function)
    {
        var program = BareProgram.Load(context.Files, function);
        program.Engine.SkipExitChecks();
        program.Engine.LeaveHeadsOut(meter);
        return program;
    }

    private Subject SubjectOf(BenchMachine machine) =>
        workload.WaitingIterations is not null && machine is QemuMachine qemu
            ? new Subject(machine.Name, n => qemu.TimeOfProcessor($"{workload.Argument} {n}"), workload.WaitingIterations)
            : new Subject(machine.Name, n => machine.Time($"{workload.Argument} {n}"));

    private double Convert(double nanosecondsEach, double instructions) =>
        workload.Unit == Unit.MegaInstructions ? instructions / nanosecondsEach * NanosecondsPerMicrosecond
        : workload.Unit == Unit.MiBPerSecond ? workload.MiBEach / nanosecondsEach * NanosecondsPerSecond
        : nanosecondsEach;
}
