using Lucos.Vmm.Snapshots;
using Lucos.Vmm.Time;

namespace Lucos.Vmm.Devices.Apic;

/// <summary>
/// The timer of a local APIC (Intel SDM vol. 3 section 11.5.4): one-shot and periodic, on a bus clock of 1 GHz of virtual time before
/// the divider. A processor that was busy for several periods gets one interrupt: its request bit was set all the while.
/// </summary>
internal sealed class ApicTimer(VirtualClock clock)
{
    private const uint Periodic = 1 << 17;
    private ulong _start;
    private uint _initial;
    private uint _divide;

    /// <summary>When it next fires, in nanoseconds; <see cref="ulong.MaxValue"/> for never.</summary>
    internal ulong NextDeadline { get; private set; } = ulong.MaxValue;

    internal uint InitialCount => _initial;

    internal uint DivideConfiguration => _divide;

    internal uint CurrentCount
    {
        get
        {
            if (_initial == 0 || NextDeadline == ulong.MaxValue)
            {
                return 0;
            }

            return (uint)Math.Min(_initial, (NextDeadline - Math.Min(clock.Now, NextDeadline) + Divisor - 1) / Divisor);
        }
    }

    // Bits 0, 1 and 3: 000 divides by 2, 110 by 128, 111 by 1.
    private ulong Divisor => 1UL << (int)((((_divide & 3) | ((_divide >> 1) & 4)) + 1) & 7);

    private ulong Period => _initial * Divisor;

    internal void Reset()
    {
        _initial = 0;
        _divide = 0;
        NextDeadline = ulong.MaxValue;
    }

    internal void SetInitialCount(uint value)
    {
        _initial = value;
        _start = clock.Now;
        NextDeadline = value == 0 ? ulong.MaxValue : _start + Period;
    }

    internal void SetDivideConfiguration(uint value)
    {
        uint left = CurrentCount;
        _divide = value & 0xb;
        if (left != 0)
        {
            NextDeadline = clock.Now + (left * Divisor);
            _start = NextDeadline - Period;
        }
    }

    /// <summary>Brings it up to <paramref name="now"/>. Returns whether it fired.</summary>
    internal bool Advance(ulong now, uint localVector)
    {
        if (now < NextDeadline)
        {
            return false;
        }

        if ((localVector & Periodic) == 0)
        {
            NextDeadline = ulong.MaxValue;
            return true;
        }

        ulong periods = (now - _start) / Period;
        _start += periods * Period;
        NextDeadline = _start + Period;
        return true;
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteUInt64(_start);
        writer.WriteUInt32(_initial);
        writer.WriteUInt32(_divide);
        writer.WriteUInt64(NextDeadline);
    }

    internal void Load(StateReader reader)
    {
        _start = reader.ReadUInt64();
        _initial = reader.ReadUInt32();
        _divide = reader.ReadUInt32();
        NextDeadline = reader.ReadUInt64();
        if (NextDeadline != ulong.MaxValue && (_initial == 0 || NextDeadline - _start != Period))
        {
            throw reader.Damaged($"the timer fires at {NextDeadline} ns, its period of {_initial} began at {_start}");
        }
    }
}
