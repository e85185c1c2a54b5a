using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Devices;

/// <summary>The two cascaded 8259A of a PC: edge triggered, fixed priorities (Intel 8259A data sheet).</summary>
public sealed class InterruptController : IPortDevice, IStateful
{
    private const ushort SlavePort = 0xa0;
    private const int CascadeLine = 2;
    private readonly Pic _master = new();
    private readonly Pic _slave = new();
    private readonly Action _outputChanged;

    internal InterruptController(Action outputChanged) => _outputChanged = outputChanged;

    /// <summary>Whether an interrupt waits for the processor.</summary>
    public bool HasInterrupt => _master.Highest() >= 0;

    string IStateful.StateName => "8259";

    int IStateful.StateVersion => 1;

    /// <inheritdoc/>
    public uint Read(ushort port, int size) => Chip(port).Read((port & 1) != 0);

    /// <inheritdoc/>
    public void Write(ushort port, int size, uint value)
    {
        Chip(port).Write((port & 1) != 0, (byte)value);
        Cascade();
    }

    /// <summary>Sets the level of a line; a rising edge requests an interrupt.</summary>
    /// <param name="line">0 to 15.</param>
    /// <param name="level">Whether it is high.</param>
    public void SetLine(int line, bool level)
    {
        (line < 8 ? _master : _slave).SetLine(line & 7, level);
        Cascade();
    }

    /// <summary>A rising and a falling edge: an interrupt that stays requested until it is taken.</summary>
    public void Pulse(int line)
    {
        (line < 8 ? _master : _slave).Latch(line & 7);
        Cascade();
    }

    /// <summary>The processor takes the interrupt. Returns its vector.</summary>
    public byte Acknowledge()
    {
        int line = _master.Acknowledge();
        if (line != CascadeLine)
        {
            return _master.Vector(line);
        }

        byte vector = _slave.Vector(_slave.Acknowledge());
        Cascade();
        return vector;
    }

    void IStateful.Save(StateWriter writer)
    {
        _master.Save(writer);
        _slave.Save(writer);
    }

    void IStateful.Load(StateReader reader)
    {
        _master.Load(reader);
        _slave.Load(reader);
    }

    private Pic Chip(ushort port) => port >= SlavePort ? _slave : _master;

    private void Cascade()
    {
        _master.SetLine(CascadeLine, _slave.Highest() >= 0);
        if (HasInterrupt)
        {
            _outputChanged();
        }
    }
}
