using Lucos.Abi;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Devices;

/// <summary>Receives what the guest writes to its console.</summary>
/// <param name="bytes">The bytes; valid during the call only.</param>
public delegate void ConsoleOutputHandler(ReadOnlySpan<byte> bytes);

/// <summary>
/// The serial console: a 16550A at 0x3f8, IRQ 4 (National Semiconductor PC16550D data sheet). Sending takes no time; both FIFOs, the
/// receive and the transmit-empty interrupt work, modem signals are constant.
/// </summary>
public sealed class SerialConsole : IPortDevice, IStateful
{
    private const byte ReceiveEnable = 1;
    private const byte TransmitEnable = 2;
    private const byte DataReady = 1;
    private const byte TransmitterEmpty = 0x60;
    private const byte DivisorLatch = 0x80;
    private const byte Loopback = 0x10;
    private readonly Lock _gate = new();
    private readonly Queue<byte> _incoming = new();
    private readonly Queue<byte> _received = new();
    private readonly InterruptController _interrupts;
    private readonly Action _inputArrived;
    private volatile bool _hasIncoming;
    private byte _interruptEnable;
    private byte _lineControl;
    private byte _modemControl;
    private byte _scratch;
    private ushort _divisor = 1;
    private bool _fifo;
    private bool _transmitPending;

    internal SerialConsole(InterruptController interrupts, Action inputArrived)
    {
        _interrupts = interrupts;
        _inputArrived = inputArrived;
    }

    /// <summary>Raised for output, on the machine's thread, in the order of the guest's writes.</summary>
    public event ConsoleOutputHandler? Output;

    /// <summary>Whether input waits that the guest has not read.</summary>
    public bool HasPendingInput => _hasIncoming || _received.Count > 0;

    /// <summary>Bytes of input that the guest has not read. Thread-safe between runs only.</summary>
    public int PendingInput
    {
        get
        {
            lock (_gate)
            {
                return _incoming.Count + _received.Count;
            }
        }
    }

    string IStateful.StateName => "16550";

    int IStateful.StateVersion => 1;

    /// <summary>
    /// Queues input. Thread-safe. When called between runs or from an <see cref="Output"/> handler, the point at which the guest sees it
    /// is always the same; from another thread it depends on the host's timing.
    /// </summary>
    public void Enqueue(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (byte value in bytes)
            {
                _incoming.Enqueue(value);
            }

            _hasIncoming |= !bytes.IsEmpty;
        }

        _inputArrived();
    }

    /// <inheritdoc/>
    public uint Read(ushort port, int size)
    {
        switch (port & 7)
        {
            case 0 when (_lineControl & DivisorLatch) != 0:
                return (byte)_divisor;
            case 0:
                byte value = _received.TryDequeue(out byte received) ? received : (byte)0;
                UpdateLine();
                return value;
            case 1:
                return (_lineControl & DivisorLatch) != 0 ? (byte)(_divisor >> 8) : _interruptEnable;
            case 2:
                return ReadIdentification();
            case 3:
                return _lineControl;
            case 4:
                return _modemControl;
            case 5:
                return (byte)(TransmitterEmpty | (_received.Count > 0 ? DataReady : 0));
            case 6:
                return 0xb0;
            default:
                return _scratch;
        }
    }

    /// <inheritdoc/>
    public void Write(ushort port, int size, uint value)
    {
        byte data = (byte)value;
        switch (port & 7)
        {
            case 0 when (_lineControl & DivisorLatch) != 0:
                _divisor = (ushort)((_divisor & 0xff00) | data);
                break;
            case 0:
                Transmit(data);
                break;
            case 1 when (_lineControl & DivisorLatch) != 0:
                _divisor = (ushort)((_divisor & 0xff) | (data << 8));
                break;
            case 1:
                _transmitPending |= (data & TransmitEnable) != 0 && (_interruptEnable & TransmitEnable) == 0;
                _interruptEnable = (byte)(data & 0x0f);
                UpdateLine();
                break;
            case 2:
                WriteFifoControl(data);
                break;
            case 3:
                _lineControl = data;
                break;
            case 4:
                _modemControl = data;
                break;
            case 7:
                _scratch = data;
                break;
        }
    }

    void IStateful.Save(StateWriter writer)
    {
        lock (_gate)
        {
            writer.WriteBytes([.. _incoming]);
        }

        writer.WriteBytes([.. _received]);
        writer.WriteByte(_interruptEnable);
        writer.WriteByte(_lineControl);
        writer.WriteByte(_modemControl);
        writer.WriteByte(_scratch);
        writer.WriteInt32(_divisor);
        writer.WriteFlag(_fifo);
        writer.WriteFlag(_transmitPending);
    }

    void IStateful.Load(StateReader reader)
    {
        lock (_gate)
        {
            Refill(_incoming, reader.ReadBytes());
            _hasIncoming = _incoming.Count > 0;
        }

        Refill(_received, reader.ReadBytes());
        _interruptEnable = reader.ReadByte();
        _lineControl = reader.ReadByte();
        _modemControl = reader.ReadByte();
        _scratch = reader.ReadByte();
        _divisor = (ushort)reader.ReadInt32(0, ushort.MaxValue);
        _fifo = reader.ReadFlag();
        _transmitPending = reader.ReadFlag();
    }

    internal bool HasIncoming => _hasIncoming;

    // Moves what other threads queued into the receiver: on the machine's thread, at a block boundary.
    internal void AcceptInput()
    {
        if (!_hasIncoming)
        {
            return;
        }

        lock (_gate)
        {
            while (_incoming.TryDequeue(out byte value))
            {
                _received.Enqueue(value);
            }

            _hasIncoming = false;
        }

        UpdateLine();
    }

    private static void Refill(Queue<byte> queue, byte[] content)
    {
        queue.Clear();
        foreach (byte value in content)
        {
            queue.Enqueue(value);
        }
    }

    private void Transmit(byte data)
    {
        if ((_modemControl & Loopback) != 0)
        {
            _received.Enqueue(data);
        }
        else
        {
            Output?.Invoke(new ReadOnlySpan<byte>(in data));
        }

        // The holding register is empty again at once: that is a new event, so the line must fall and rise.
        _transmitPending = false;
        UpdateLine();
        _transmitPending = true;
        UpdateLine();
    }

    private byte ReadIdentification()
    {
        byte fifo = (byte)(_fifo ? 0xc0 : 0);
        if ((_interruptEnable & ReceiveEnable) != 0 && _received.Count > 0)
        {
            return (byte)(fifo | 4);
        }

        if ((_interruptEnable & TransmitEnable) != 0 && _transmitPending)
        {
            _transmitPending = false;
            UpdateLine();
            return (byte)(fifo | 2);
        }

        return (byte)(fifo | 1);
    }

    private void WriteFifoControl(byte data)
    {
        _fifo = (data & 1) != 0;
        if ((data & 2) != 0)
        {
            _received.Clear();
            UpdateLine();
        }
    }

    private void UpdateLine() => _interrupts.SetLine(
        GuestPorts.SerialIrq,
        ((_interruptEnable & ReceiveEnable) != 0 && _received.Count > 0) || ((_interruptEnable & TransmitEnable) != 0 && _transmitPending));
}
