using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Devices;

/// <summary>One 8259A.</summary>
internal sealed class Pic
{
    private const int SpuriousLine = 7;
    private byte _request;
    private byte _service;
    private byte _mask = 0xff;
    private byte _levels;
    private byte _latched;
    private byte _base;
    private int _initStep;
    private bool _needsFourth;
    private bool _autoEnd;
    private bool _readService;

    internal byte Vector(int line) => (byte)(_base + line);

    internal void SetLine(int line, bool level)
    {
        byte bit = (byte)(1 << line);
        if (level)
        {
            if ((_levels & bit) == 0)
            {
                _request |= bit;
            }

            _levels |= bit;
        }
        else
        {
            _levels &= (byte)~bit;
            if ((_latched & bit) == 0)
            {
                _request &= (byte)~bit;
            }
        }
    }

    internal void Latch(int line)
    {
        _latched |= (byte)(1 << line);
        _request |= (byte)(1 << line);
    }

    // The highest request that no interrupt of the same or higher priority in service holds back; -1 for none.
    internal int Highest()
    {
        int waiting = _request & ~_mask;
        for (int line = 0; line < 8; line++)
        {
            int bit = 1 << line;
            if ((_service & bit) != 0)
            {
                return -1;
            }

            if ((waiting & bit) != 0)
            {
                return line;
            }
        }

        return -1;
    }

    internal int Acknowledge()
    {
        int line = Highest();
        if (line < 0)
        {
            return SpuriousLine;
        }

        byte bit = (byte)(1 << line);
        _request &= (byte)~bit;
        _latched &= (byte)~bit;
        if (!_autoEnd)
        {
            _service |= bit;
        }

        return line;
    }

    internal byte Read(bool data) => data ? _mask : _readService ? _service : _request;

    internal void Write(bool data, byte value)
    {
        if (data)
        {
            WriteData(value);
        }
        else if ((value & 0x10) != 0)
        {
            Initialise(value);
        }
        else if ((value & 0x08) != 0)
        {
            SelectRead(value);
        }
        else
        {
            EndOfInterrupt(value);
        }
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteByte(_request);
        writer.WriteByte(_service);
        writer.WriteByte(_mask);
        writer.WriteByte(_levels);
        writer.WriteByte(_latched);
        writer.WriteByte(_base);
        writer.WriteInt32(_initStep);
        writer.WriteFlag(_needsFourth);
        writer.WriteFlag(_autoEnd);
        writer.WriteFlag(_readService);
    }

    internal void Load(StateReader reader)
    {
        _request = reader.ReadByte();
        _service = reader.ReadByte();
        _mask = reader.ReadByte();
        _levels = reader.ReadByte();
        _latched = reader.ReadByte();
        _base = reader.ReadByte();
        _initStep = reader.ReadInt32(0, 4);
        _needsFourth = reader.ReadFlag();
        _autoEnd = reader.ReadFlag();
        _readService = reader.ReadFlag();
    }

    private void Initialise(byte command)
    {
        _initStep = 2;
        _needsFourth = (command & 1) != 0;
        _request = 0;
        _service = 0;
        _latched = 0;
        _mask = 0;
        _autoEnd = false;
        _readService = false;
    }

    private void WriteData(byte value)
    {
        switch (_initStep)
        {
            case 2:
                _base = (byte)(value & 0xf8);
                _initStep = 3;
                break;
            case 3:
                _initStep = _needsFourth ? 4 : 0;
                break;
            case 4:
                _autoEnd = (value & 2) != 0;
                _initStep = 0;
                break;
            default:
                _mask = value;
                break;
        }
    }

    private void SelectRead(byte value)
    {
        if ((value & 2) != 0)
        {
            _readService = (value & 1) != 0;
        }
    }

    private void EndOfInterrupt(byte value)
    {
        const byte specific = 0x60;
        const byte nonSpecific = 0x20;
        if ((value & 0xe0) == specific)
        {
            _service &= (byte)~(1 << (value & 7));
        }
        else if ((value & 0xe0) == nonSpecific)
        {
            _service &= (byte)(_service - 1);
        }
    }
}
