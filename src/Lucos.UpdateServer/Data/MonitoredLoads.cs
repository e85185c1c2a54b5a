using System.Runtime.CompilerServices;
using Lucos.Abi;

namespace Lucos.UpdateServer.Data;

/// <summary>Finds versions that are out of date and about to be read: of types that are transferred lazily. Allocates nothing in steady state.</summary>
internal sealed class MonitoredLoads(ServerState state)
{
    /// <summary>Bytes at the start of a page that a load may touch which is told of by the page before: the longest one has eight, of which one lies there.</summary>
    public const int ReachIntoNextPage = 7;

    /// <summary>Brings up to date what a load is about to read.</summary>
    /// <returns>Whether something is to be done at the next boundary.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool OnLoad(ulong physical, int size)
    {
        while (FindStale(physical, size, except: null) is { } instance)
        {
            instance.Data.MadeUp++;
            state.Stores.MakeUp(instance);
        }

        return state.Stores.IsDue;
    }

    /// <summary>Another instance than one whose transfer is under way, of which a load is about to read the version that is out of date; null if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Instance? FindStale(ulong physical, int size, Instance? except)
    {
        const ulong Mask = GuestLayout.PageSize - 1;
        int start = (int)(physical & Mask);
        if (state.Instances.TryFind(physical & ~Mask, out PageVersions page))
        {
            for (int i = page.FirstBehind(start); i < page.Count && page[i].Start < start + size; i++)
            {
                ref readonly Segment segment = ref page[i];
                if (segment.Instance != except && IsStale(in segment, start + size))
                {
                    return segment.Instance;
                }
            }
        }

        return start + size <= (int)GuestLayout.PageSize ? null : FindStaleAtPageStart(except);
    }

    // Both versions share the head of the old one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool IsStale(in Segment segment, int end) =>
        segment.Instance is { IsWatched: true } instance
        && instance.IsOutOfDate(segment.Side)
        && (segment.Side == Side.New || segment.Offset + (uint)(Math.Min(end, segment.End) - segment.Start) > instance.Type.SharedHead);

    // The second page of the load may be any. All that could lie in it are brought up to date: too early for most, and wrong for none.
    private Instance? FindStaleAtPageStart(Instance? except)
    {
        foreach (Instance instance in state.Instances.AtPageStart)
        {
            if (instance != except && (instance.IsOutOfDate(Side.Old) || instance.IsOutOfDate(Side.New)))
            {
                return instance;
            }
        }

        return null;
    }
}
