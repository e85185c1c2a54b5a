namespace Lucos.Guest.Tests.Updates;

/// <summary>The updates that all situations are tried with. A new one is a line here.</summary>
internal static class ReferenceUpdates
{
    private const string PipeCheck = "pipeload --bytes 30000";
    private const string PipesChecked = "pipeload: bytes=30000 errors=0";
    private const string RequestCheck = "reqload --requests 60";
    private const string RequestsChecked = "reqload: requests=60 lost=0 corrupted=0";
    private const string SpliceBlocked = "blocked: /etc/motd is as it was";

    // Init waits for its children in what is replaced: these end there one after the other.
    private const string Orphans = "sh -c \"sleep 0.2 & sleep 0.4 & sleep 0.6 &\"";
    private const string NameCheck = "nameload --names 300";
    private const string NamesChecked = "nameload: names=300 errors=0";
    private static readonly Sleeper s_pipeSleeper = new("sleep 1000 | cat", "cat", "pipe_read");

    private static readonly string[] s_pipes = ["pipeload", "reqload"];
    private static readonly string[] s_forks = ["reqload", "forkstorm", "forkstorm", "nameload"];
    private static readonly string[] s_names = ["nameload", "nameload", "nameload", "forkstorm"];

    internal static IReadOnlyList<ReferenceUpdate> All { get; } =
    [
        new("pipe-ring", s_pipes, PipeCheck, PipesChecked) { Sleeper = s_pipeSleeper, HoldsThreads = true, Function = "pipe_read" },
        new("pipe-wide", s_pipes, PipeCheck, PipesChecked) { Sleeper = s_pipeSleeper, HoldsThreads = true, Function = "pipe_write" },
        new("counters-64", ["ioload --calls 4000"], "ioload --calls 100", "ioload: calls=600 errors=0")
        {
            IsExclusive = true, Sleeper = s_pipeSleeper, HoldsThreads = true, Function = "sys_write",
        },
        new("counters-64-lazy", ["ioload --calls 4000"], "ioload --calls 100", "ioload: calls=600 errors=0")
        {
            IsExclusive = true, Sleeper = s_pipeSleeper, HoldsThreads = true, Function = "sys_read",
        },
        new("counters-and-sleep", ["ioload --calls 4000"], "ioload --calls 100", "ioload: calls=600 errors=0")
        {
            IsExclusive = true, Sleeper = new("sleep 1000", "sleep", "sleep"), HoldsThreads = true, Function = "sys_write",
        },
        new("file-rate", s_pipes, RequestCheck, RequestsChecked) { Sleeper = s_pipeSleeper, HoldsThreads = true, Function = "sys_read" },
        new("file-rate-shadow", s_pipes, RequestCheck, RequestsChecked) { Sleeper = s_pipeSleeper, HoldsThreads = true, Function = "sys_write" },
        new("lock-order", ["auditload --clients 4"], "auditload --clients 4 --lines 20", "auditload: lines=80 lost=0 errors=0") { Function = "audit_write" },
        new("tick-handler", ["cpuburn"], "cat /dev/load; cpuburn --rounds 1", "cpuburn: rounds=1 errors=0") { Function = "account_load", IsLeaf = true, Sign = "average=" },
        new("vmalloc-owners", s_forks, $"{Orphans}; {NameCheck}; sleep 0.7", NamesChecked) { HoldsThreads = true, Function = "process_wait" },
        new("entry-hash", s_names, NameCheck, NamesChecked) { Function = "directory_find" },
        new("kstat-peaks", ["cpuburn"], "cat /dev/kstat | wc; cpuburn --rounds 1", "cpuburn: rounds=1 errors=0") { HoldsThreads = true },
        new("sched-arrays", ["forkstorm", "cpuburn", "pipeload"], $"forkstorm --forks 10 && {PipeCheck}", PipesChecked)
        {
            Sleeper = s_pipeSleeper, HoldsThreads = true, Function = "schedule_locked",
        },
        new("pipe-flags", ["streamload"], "runas 1000 splice-exploit; streamload --bytes 30000", "streamload: bytes=30000 errors=0")
        {
            Sleeper = new("sleep 1000 | streamcat", "streamcat", "stream_read"), HoldsThreads = true, Function = "stream_write",
            Sign = SpliceBlocked, Exploit = new("splice-exploit", "stream_write", 2, "overwritten: /etc/motd", SpliceBlocked),
        },
    ];

    internal static ReferenceUpdate Find(string name) => All.Single(update => update.Name == name);
}
