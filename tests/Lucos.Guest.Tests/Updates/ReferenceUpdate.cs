using Lucos.Control.Scenarios.Model;

namespace Lucos.Guest.Tests.Updates;

/// <summary>An update that the guest is delivered with, and how it is put to the test.</summary>
/// <param name="Name">The package.</param>
/// <param name="Loads">Commands that run while it comes and goes. Each ends with a line of counters.</param>
/// <param name="Check">A command that uses what is replaced, and ends.</param>
/// <param name="Checked">What the command says.</param>
internal sealed record ReferenceUpdate(string Name, string[] Loads, string Check, string Checked)
{
    /// <summary>The largest number of calls that a moment may wait for.</summary>
    private const int Calls = 60;

    /// <summary>Whether its load counts exactly what is done, so that nothing else may run beside it. It has then one load, which ends by itself.</summary>
    internal bool IsExclusive { get; init; }

    /// <summary>A job that sleeps inside of what is replaced until it is woken; null where the load does so itself.</summary>
    internal Sleeper? Sleeper { get; init; }

    /// <summary>Whether somebody is inside for certain at the instant of applying.</summary>
    internal bool HoldsThreads { get; init; }

    /// <summary>An exploit that sleeps inside of what is replaced until it gets TERM, and is blocked if the update is in force by then.</summary>
    internal Exploit? Exploit { get; init; }

    /// <summary>The function that a thread shall be inside of; null where one always is.</summary>
    internal string? Function { get; init; }

    /// <summary>Whether the function calls nothing: then the moment is its entry.</summary>
    internal bool IsLeaf { get; init; }

    /// <summary>What the check says while the update is in force, and then only.</summary>
    internal string? Sign { get; init; }

    /// <summary>A moment at which a thread is inside.</summary>
    /// <param name="random">Decides which.</param>
    internal Moment? MomentInside(Random random) => Function is null ? null
        : IsLeaf ? new EntryMoment(Function, random.Next(1, Calls), 0)
        : new ActiveMoment(Function, random.Next(1, Calls));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
