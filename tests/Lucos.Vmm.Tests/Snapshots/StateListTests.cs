using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Tests.Snapshots;

/// <summary>The list of a machine's state: names are unique, and every piece is saved.</summary>
public sealed class StateListTests
{
    [Test]
    public void EveryPieceIsSavedUnderItsNameAndVersion()
    {
        StateList list = new();
        list.Add(new Number("first", 1) { Value = 11 });
        list.Add(new Number("second", 3) { Value = 22 });

        IReadOnlyList<StateSection> saved = list.Save();

        Assert.That(saved.Select(s => (s.Name, s.Version)), Is.EqualTo(new[] { ("first", 1), ("second", 3) }));
        Assert.That(new StateReader(saved[1]).ReadInt32(), Is.EqualTo(22));
    }

    [Test]
    public void TwoPiecesOfOneNameAreRefused()
    {
        StateList list = new();
        list.Add(new Number("twice", 1));

        Assert.That(() => list.Add(new Number("twice", 1)), Throws.InvalidOperationException.With.Message.StartsWith("state-name-taken"));
    }

    [Test]
    public void AMachineSavesItsProcessorsClockAndDevices()
    {
        using BareGuest guest = new();

        Assert.That(
            guest.Machine.State.Save().Select(s => s.Name),
            Is.EquivalentTo(new[] { "clock", "vcpu-0", "apic-0", "turns", "machine", "8259", "8254", "16550", "cmos", "doorbell", "write-protection" }));
    }

    [Test]
    public void SavingChangesNothing()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.nop();
            BareGuest.PowerOff(a, 3);
        });
        IReadOnlyList<StateSection> before = guest.Machine.State.Save();
        IReadOnlyList<StateSection> again = guest.Machine.State.Save();

        Assert.That(again.Select(s => s.Content.ToArray()), Is.EqualTo(before.Select(s => s.Content.ToArray())));
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(3)));
    }

    private sealed class Number(string name, int version) : IStateful
    {
        public int Value { get; set; }

        public string StateName => name;

        public int StateVersion => version;

        public void Save(StateWriter writer) => writer.WriteInt32(Value);

        public void Load(StateReader reader) => Value = reader.ReadInt32();
    }
}
