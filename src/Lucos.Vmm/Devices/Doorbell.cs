using Lucos.Abi;

namespace Lucos.Vmm.Devices;

/// <summary>Lets the host call the guest's attention: interrupt line 5, edge triggered.</summary>
public sealed class Doorbell
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

    internal bool IsPending => Volatile.Read(ref _pending) != 0;

    internal void Deliver()
    {
        if (Interlocked.Exchange(ref _pending, 0) != 0)
        {
            _interrupts.Pulse(GuestPorts.DoorbellIrq);
        }
    }
}
