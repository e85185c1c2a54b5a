using Lucos.Abi;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Devices;

/// <summary>Lets the host call the guest's attention: interrupt line 5, edge triggered.</summary>
public sealed class Doorbell : IStateful
{
    private readonly InterruptController _interrupts;
    private readonly Action _rung;
    private int _pending;

    internal Doorbell(InterruptController interrupts, Action rung)
    {
        _interrupts = interrupts;
        _rung = rung;
    }

    /// <summary>
    /// Raises the interrupt at the next block boundary at which the machine looks. Thread-safe; rings while one is pending are one.
    /// </summary>
    public void Ring()
    {
        Volatile.Write(ref _pending, 1);
        _rung();
    }

    string IStateful.StateName => "doorbell";

    int IStateful.StateVersion => 1;

    internal bool IsPending => Volatile.Read(ref _pending) != 0;

    void IStateful.Save(StateWriter writer) => writer.WriteFlag(IsPending);

    void IStateful.Load(StateReader reader) => Volatile.Write(ref _pending, reader.ReadFlag() ? 1 : 0);

    internal void Deliver()
    {
        if (Interlocked.Exchange(ref _pending, 0) != 0)
        {
            _interrupts.Pulse(GuestPorts.DoorbellIrq);
        }
    }
}
