using Lucos.Abi;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Updates;

/// <summary>Makes the list of blockers from what the manager reported and from the vCPUs.</summary>
internal static class BlockerList
{
    /// <summary>Blockers of an update that is draining.</summary>
    public static IReadOnlyList<Blocker> InOldCode(LiveUpdate update, IEnumerable<ContextInfo> contexts, IGuest guest) =>
        Make(update, contexts, CpusIn(guest, update.OldCode), guest.Blocks);

    /// <summary>Blockers of an update that is being rolled back.</summary>
    public static IReadOnlyList<Blocker> InNewCode(LiveUpdate update, IEnumerable<ContextInfo> contexts, IGuest guest) =>
        Make(update, contexts, CpusIn(guest, [(0, update.Module)]), guest.Blocks);

    /// <summary>Who it is, in one line; empty for none.</summary>
    public static string Describe(IReadOnlyList<Blocker> blockers)
    {
        if (blockers.Count == 0)
        {
            return "";
        }

        Blocker first = blockers[0];
        string more = blockers.Count > 1 ? $" and {blockers.Count - 1} more" : "";
        return $"thread {first.ThreadId} ({first.ThreadName}) in {first.Function}, frame {first.Frame}{more}";
    }

    private static List<Blocker> Make(LiveUpdate update, IEnumerable<ContextInfo> contexts, IEnumerable<ContextInfo> cpus, ulong now)
    {
        var blockers = new List<Blocker>();
        foreach (ContextInfo context in contexts.Concat(cpus))
        {
            string function = update.Functions[context.Function].Name;
            Blocker? known = update.Blockers.FirstOrDefault(old => old.ThreadId == context.ThreadId && old.Function == function && old.Frame == context.Depth);
            blockers.Add(new Blocker(
                context.ThreadId, context.ThreadName, function, context.Depth, context.Kind, context.Rip, known?.SinceBlock ?? now));
        }

        return blockers;
    }

    private static IEnumerable<ContextInfo> CpusIn(IGuest guest, IReadOnlyList<(int Function, CodeRange Code)> code)
    {
        for (int cpu = 0; cpu < guest.CpuCount; cpu++)
        {
            ulong rip = guest.GetRip(cpu);
            foreach ((int function, CodeRange range) in code)
            {
                if (range.Runs(rip, ContextKind.InterruptFrame))
                {
                    yield return new ContextInfo(0, rip, ContextKind.InterruptFrame, function, uint.MaxValue, 0, $"vCPU {cpu}");
                    break;
                }
            }
        }
    }
}
