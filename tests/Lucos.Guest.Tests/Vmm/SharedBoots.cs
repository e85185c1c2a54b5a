using System.Collections.Concurrent;
using Lucos.Control.Guests;
using Lucos.UpdateServer.Journal;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>One boot for each seed and number of processors; a test gets a fork of it, which no other test sees.</summary>
[SetUpFixture]
public sealed class SharedBoots
{
    private static readonly ConcurrentDictionary<(ulong Seed, int Cpus), Lazy<VmmGuestSnapshot>> s_booted = new();

    [OneTimeTearDown]
    public void PutAway()
    {
        foreach (var booted in s_booted.Values.Where(b => b.IsValueCreated))
        {
            booted.Value.Dispose();
        }

        s_booted.Clear();
    }

    internal static VmmGuest Fork(ulong seed, int cpus) =>
        s_booted.GetOrAdd((seed, cpus), _ => new(() => Boot(seed, cpus))).Value.Fork(NullJournal.Instance);

    private static VmmGuestSnapshot Boot(ulong seed, int cpus)
    {
        using var guest = UpdatableGuest.Boot(seed, cpus);
        return (VmmGuestSnapshot)guest.Guest.TakeSnapshot();
    }
}
