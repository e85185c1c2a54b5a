using Lucos.Bench.Machines;

namespace Lucos.Bench.Benchmarks;

/// <summary>Measures several subjects in turn, so that a change of the host's mood meets all of them.</summary>
public static class Interleaved
{
    private const double Enough = 0.5;
    private const double Margin = 1.1;

    /// <summary>Nanoseconds per iteration of each subject, in the subjects' order.</summary>
    /// <param name="subjects">Whom to measure.</param>
    /// <param name="amount">How much.</param>
    /// <param name="first">Iterations to begin with when looking for how many take long enough.</param>
    public static double[][] NanosecondsEach(IReadOnlyList<Subject> subjects, BenchAmount amount, ulong first = 1)
    {
        ArgumentNullException.ThrowIfNull(subjects);
        ArgumentNullException.ThrowIfNull(amount);
        ulong[] iterations = [.. subjects.Select(s => s.Iterations ?? Calibrate(s, amount.Sample, first))];
        return Values(subjects.Count, amount.Runs, who => subjects[who].Time(iterations[who]).TotalNanoseconds / iterations[who]);
    }

    /// <summary>Takes values of each subject in turn: A B C, C B A, ...</summary>
    /// <param name="subjects">How many there are.</param>
    /// <param name="runs">How many values each.</param>
    /// <param name="measure">Takes one value of a subject.</param>
    public static double[][] Values(int subjects, int runs, Func<int, double> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        double[][] values = [.. Enumerable.Range(0, subjects).Select(_ => new double[runs])];
        for (int run = 0; run < runs; run++)
        {
            for (int i = 0; i < subjects; i++)
            {
                int who = run % 2 == 0 ? i : subjects - 1 - i;
                values[who][run] = measure(who);
            }
        }

        return values;
    }

    // Also the warm-up: translated code, compiled code of the monitor, memory in use.
    private static ulong Calibrate(Subject subject, TimeSpan sample, ulong first)
    {
        for (ulong n = first; ;)
        {
            double part = subject.Time(n) / sample;
            if (part >= Enough)
            {
                return part >= 1 ? n : (ulong)Math.Ceiling(n / part);
            }

            n = (ulong)Math.Ceiling(n * Math.Clamp(Margin / Math.Max(part, 1e-6), 2, 20));
        }
    }
}
