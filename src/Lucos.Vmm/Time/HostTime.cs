using Lucos.Unicorn;

namespace Lucos.Vmm.Time;

/// <summary>The host's time, for reports only: no guest ever depends on it.</summary>
public static class HostTime
{
    /// <summary>Processor time that the calling thread has used: what passed on a host that did nothing else.</summary>
    public static TimeSpan OfThread => HostThread.ProcessorTime;
}
