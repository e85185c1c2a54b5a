using Lucos.Abi;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Updates;

/// <summary>Makes the list of blockers from what the manager reported and from the vCPUs.</summary>
internal static class BlockerList
{
    /// <summary>An activation as a blocker.</summary>
    public static Blocker Of(ContextInfo context, IReadOnlyList<ReplacedFunction> functions, GuestTime since) => new(
        context.ThreadId,
        context.ThreadName,
        functions[context.Function].Name,
        context.Depth,
        context.Kind,
        context.Rip,
        since.Block,
        since.Nanoseconds,
        context.WaitingOn);

    /// <summary>vCPUs that stand in the version that an update leaves.</summary>
    public static IReadOnlyList<Blocker> Cpus(LiveUpdate update, IGuest guest)
    {
        IReadOnlyList<(int Function, CodeRange Code)> code = update.State == UpdateState.RollingBack ? [(0, update.Module)] : update.OldCode;
        List<Blocker>? found = null;
        for (int cpu = 0; cpu < guest.CpuCount; cpu++)
        {
            if (TryFindCode(code, guest.GetRip(cpu), out int function))
            {
                var context = new ContextInfo(0, guest.GetRip(cpu), ContextKind.InterruptFrame, function, uint.MaxValue, 0, $"vCPU {cpu}", 0, 0);
                Blocker? known = update.CpuBlockers.FirstOrDefault(old => old.ThreadName == context.ThreadName);
                (found ??= []).Add(Of(context, update.Functions, known is null ? guest.Now : new GuestTime(known.SinceBlock, known.SinceNanoseconds)));
            }
        }

        return found ?? (IReadOnlyList<Blocker>)[];
    }

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

    private static bool TryFindCode(IReadOnlyList<(int Function, CodeRange Code)> code, ulong rip, out int function)
    {
        foreach ((int index, CodeRange range) in code)
        {
            if (range.Runs(rip, ContextKind.InterruptFrame))
            {
                function = index;
                return true;
            }
        }

        function = 0;
        return false;
    }
}
