namespace Lucos.Unicorn;

/// <summary>Pages that follow each other.</summary>
/// <param name="Start">Number of the first.</param>
/// <param name="End">Number behind the last.</param>
internal readonly record struct PageRun(ulong Start, ulong End)
{
    /// <summary>What is in some runs and not in others; both lists are ascending and their runs do not touch.</summary>
    internal static List<PageRun> Difference(List<PageRun> runs, List<PageRun> without)
    {
        List<PageRun> left = [];
        int next = 0;
        foreach (PageRun run in runs)
        {
            ulong start = run.Start;
            while (next < without.Count && without[next].End <= start)
            {
                next++;
            }

            for (int i = next; i < without.Count && without[i].Start < run.End; i++)
            {
                if (without[i].Start > start)
                {
                    left.Add(new PageRun(start, without[i].Start));
                }

                start = Math.Max(start, without[i].End);
            }

            if (start < run.End)
            {
                left.Add(new PageRun(start, run.End));
            }
        }

        return left;
    }
}
