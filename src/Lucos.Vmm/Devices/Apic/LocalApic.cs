using System.Globalization;
using Lucos.Vmm.Snapshots;
using Lucos.Vmm.Time;

namespace Lucos.Vmm.Devices.Apic;

/// <summary>
/// The local APIC of one processor, in xAPIC mode at <see cref="BaseAddress"/> (Intel SDM vol. 3 chapter 11): fixed interrupts with
/// priorities, the timer, inter-processor interrupts, and LINT0 for the 8259s. CR8 is not connected to the task priority.
/// </summary>
public sealed class LocalApic : IStateful
{
    /// <summary>Physical address of the register page; each processor sees its own there.</summary>
    public const ulong BaseAddress = 0xfee0_0000;

    private const uint Masked = 1 << 16;
    private const uint SoftwareEnable = 1 << 8;
    private const uint VersionAndEntries = 0x0005_0014;
    private const uint ExternalInterrupt = 0x700;
    private const uint ReceiveIllegalVector = 1 << 6;
    private const uint SendIllegalVector = 1 << 5;
    private const int LocalEntries = 6;
    private const byte LowestVector = 16;
    private readonly Action<LocalApic, InterruptCommand> _send;
    private readonly Action _changed;
    private readonly bool _isBootProcessor;
    private readonly ApicTimer _timer;
    private readonly uint[] _local = new uint[LocalEntries];
    private VectorSet _request;
    private VectorSet _service;
    private uint _taskPriority;
    private uint _logicalDestination;
    private uint _destinationFormat;
    private uint _spurious;
    private uint _commandLow;
    private uint _commandHigh;
    private uint _errors;
    private uint _latchedErrors;

    internal LocalApic(int id, VirtualClock clock, Action<LocalApic, InterruptCommand> send, Action changed)
    {
        Id = (byte)id;
        _isBootProcessor = id == 0;
        _timer = new ApicTimer(clock);
        _send = send;
        _changed = changed;
        Reset();
    }

    /// <summary>Its number: that of the processor.</summary>
    public byte Id { get; }

    /// <summary>Whether a request waits that the priorities let through.</summary>
    public bool HasInterrupt => IsEnabled && _request.Highest >> 4 > (int)(ProcessorPriority >> 4);

    /// <summary>Whether interrupts of the 8259s reach this processor: LINT0 open for them. So it is on the boot processor after reset.</summary>
    public bool AcceptsExternal => (Lint0 & (Masked | ExternalInterrupt)) == ExternalInterrupt;

    /// <summary>When the timer next fires, in nanoseconds.</summary>
    internal ulong NextDeadline => _timer.NextDeadline;

    string IStateful.StateName => string.Create(CultureInfo.InvariantCulture, $"apic-{Id}");

    int IStateful.StateVersion => 1;

    private bool IsEnabled => (_spurious & SoftwareEnable) != 0;

    private uint Lint0 => _local[3];

    private uint LvtTimer => _local[0];

    private uint ProcessorPriority
    {
        get
        {
            uint service = (uint)Math.Max(0, _service.Highest);
            return (_taskPriority & 0xf0) >= (service & 0xf0) ? _taskPriority & 0xff : service & 0xf0;
        }
    }

    /// <summary>Reads a register; those that are not there read 0.</summary>
    /// <param name="offset">Offset into the page.</param>
    /// <param name="size">Bytes; registers are read by 4 only, anything else reads 0.</param>
    public uint Read(uint offset, int size) => size != 4 || (offset & 0xf) != 0
        ? 0
        : offset switch
        {
            ApicRegister.Id => (uint)Id << 24,
            ApicRegister.Version => VersionAndEntries,
            ApicRegister.TaskPriority => _taskPriority,
            ApicRegister.ProcessorPriority => ProcessorPriority,
            ApicRegister.LogicalDestination => _logicalDestination,
            ApicRegister.DestinationFormat => _destinationFormat,
            ApicRegister.SpuriousVector => _spurious,
            >= ApicRegister.InService and < ApicRegister.TriggerMode => _service.Word((int)(offset >> 4) & 7),
            >= ApicRegister.Request and < ApicRegister.ErrorStatus => _request.Word((int)(offset >> 4) & 7),
            ApicRegister.ErrorStatus => _latchedErrors,
            ApicRegister.CommandLow => _commandLow,
            ApicRegister.CommandHigh => _commandHigh,
            >= ApicRegister.LvtTimer and <= ApicRegister.LvtError => _local[(offset - ApicRegister.LvtTimer) >> 4],
            ApicRegister.InitialCount => _timer.InitialCount,
            ApicRegister.CurrentCount => _timer.CurrentCount,
            ApicRegister.DivideConfiguration => _timer.DivideConfiguration,
            _ => 0,
        };

    /// <summary>Writes a register; writes to others are lost.</summary>
    /// <param name="offset">Offset into the page.</param>
    /// <param name="size">Bytes; anything but 4 is lost.</param>
    /// <param name="value">What is written.</param>
    public void Write(uint offset, int size, uint value)
    {
        if (size != 4 || (offset & 0xf) != 0)
        {
            return;
        }

        switch (offset)
        {
            case ApicRegister.TaskPriority:
                _taskPriority = value & 0xff;
                break;
            case ApicRegister.EndOfInterrupt:
                EndInterrupt();
                break;
            case ApicRegister.LogicalDestination:
                _logicalDestination = value & 0xff00_0000;
                break;
            case ApicRegister.DestinationFormat:
                _destinationFormat = value | 0x0fff_ffff;
                break;
            case ApicRegister.SpuriousVector:
                SetSpurious(value);
                break;
            case ApicRegister.ErrorStatus:
                (_latchedErrors, _errors) = (_errors, 0);
                break;
            case ApicRegister.CommandLow:
                Command(value);
                break;
            case ApicRegister.CommandHigh:
                _commandHigh = value & 0xff00_0000;
                break;
            case >= ApicRegister.LvtTimer and <= ApicRegister.LvtError:
                SetLocal((int)((offset - ApicRegister.LvtTimer) >> 4), value);
                break;
            case ApicRegister.InitialCount:
                _timer.SetInitialCount(value);
                break;
            case ApicRegister.DivideConfiguration:
                _timer.SetDivideConfiguration(value);
                break;
        }

        _changed();
    }

    /// <summary>The state after power-on or INIT (Intel SDM vol. 3 section 11.4.7.1); the boot processor gets the 8259s' interrupts.</summary>
    internal void Reset()
    {
        _timer.Reset();
        _request = default;
        _service = default;
        Array.Fill(_local, Masked);
        _local[3] = _isBootProcessor ? ExternalInterrupt : Masked;
        _taskPriority = 0;
        _logicalDestination = 0;
        _destinationFormat = uint.MaxValue;
        _spurious = 0xff;
        _commandLow = 0;
        _commandHigh = 0;
        _errors = 0;
        _latchedErrors = 0;
    }

    /// <summary>Asks for an interrupt; two of the same vector that were not taken in between are one.</summary>
    internal void RequestInterrupt(byte vector)
    {
        if (!IsEnabled)
        {
            return;
        }

        if (vector < LowestVector)
        {
            Report(ReceiveIllegalVector);
            return;
        }

        _request.Add(vector);
        _changed();
    }

    /// <summary>The processor takes the interrupt with the highest priority. Returns its vector.</summary>
    public byte Acknowledge()
    {
        byte vector = (byte)_request.Highest;
        _request.Remove(vector);
        _service.Add(vector);
        return vector;
    }

    /// <summary>Brings the timer up to <paramref name="now"/>, in nanoseconds.</summary>
    public void Advance(ulong now)
    {
        if (_timer.Advance(now, LvtTimer) && (LvtTimer & Masked) == 0)
        {
            RequestInterrupt((byte)LvtTimer);
        }
    }

    void IStateful.Save(StateWriter writer)
    {
        _timer.Save(writer);
        _request.Save(writer);
        _service.Save(writer);
        foreach (uint entry in _local)
        {
            writer.WriteUInt32(entry);
        }

        writer.WriteUInt32(_taskPriority);
        writer.WriteUInt32(_logicalDestination);
        writer.WriteUInt32(_destinationFormat);
        writer.WriteUInt32(_spurious);
        writer.WriteUInt32(_commandLow);
        writer.WriteUInt32(_commandHigh);
        writer.WriteUInt32(_errors);
        writer.WriteUInt32(_latchedErrors);
    }

    void IStateful.Load(StateReader reader)
    {
        _timer.Load(reader);
        _request.Load(reader);
        _service.Load(reader);
        for (int i = 0; i < LocalEntries; i++)
        {
            _local[i] = reader.ReadUInt32();
        }

        _taskPriority = reader.ReadUInt32();
        _logicalDestination = reader.ReadUInt32();
        _destinationFormat = reader.ReadUInt32();
        _spurious = reader.ReadUInt32();
        _commandLow = reader.ReadUInt32();
        _commandHigh = reader.ReadUInt32();
        _errors = reader.ReadUInt32();
        _latchedErrors = reader.ReadUInt32();
    }

    /// <summary>Whether a logical destination means this processor: flat and cluster model (Intel SDM vol. 3 section 11.6.2.2).</summary>
    internal bool MatchesLogical(byte destination)
    {
        byte own = (byte)(_logicalDestination >> 24);
        return _destinationFormat >> 28 == 0xf
            ? (own & destination) != 0
            : (own >> 4 == destination >> 4 || destination >> 4 == 0xf) && (own & destination & 0xf) != 0;
    }

    private void EndInterrupt()
    {
        int vector = _service.Highest;
        if (vector >= 0)
        {
            _service.Remove((byte)vector);
        }
    }

    // Software that disables the APIC masks all local entries (Intel SDM vol. 3 section 11.4.7.2).
    private void SetSpurious(uint value)
    {
        _spurious = value & 0x1ff;
        if (!IsEnabled)
        {
            for (int i = 0; i < LocalEntries; i++)
            {
                _local[i] |= Masked;
            }
        }
    }

    private void SetLocal(int entry, uint value) => _local[entry] = (value & 0x0007_07ff) | (IsEnabled ? 0 : Masked);

    private void Command(uint value)
    {
        const uint deliveryPending = 1 << 12;
        _commandLow = value & ~deliveryPending & 0x000c_cfff;
        InterruptCommand command = new(_commandLow, _commandHigh);
        if (command.Mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority && command.Vector < LowestVector)
        {
            Report(SendIllegalVector);
            return;
        }

        _send(this, command);
    }

    private void Report(uint error)
    {
        const int errorEntry = 5;
        _errors |= error;
        byte vector = (byte)_local[errorEntry];
        if ((_local[errorEntry] & Masked) == 0 && vector >= LowestVector)
        {
            _request.Add(vector);
            _changed();
        }
    }
}
