using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Tests.World;

/// <summary>The guest's memory as a state-transfer function may use it.</summary>
public sealed class TransferMemory(FakeGuest guest, TransferCall call)
{
    public ulong Source => call.Source;

    public ulong Target => call.Target;

    public uint Read32(uint offset) => guest.Read32(call.Source + offset);

    /// <summary>Loads from anywhere; false if that is forbidden, and then the call ends.</summary>
    public bool TryLoad(ulong address, out uint value)
    {
        bool allowed = guest.TryTranslate(address, forWriting: false, out ulong physical) && call.MayLoad?.Invoke(physical, sizeof(uint)) != false;
        value = allowed ? guest.Read32(address) : 0;
        return allowed;
    }

    /// <summary>Stores to the target; false if that is forbidden, and then no byte was stored from there on.</summary>
    public bool Write32(uint offset, uint value) => Write32(call.Target + offset, value);

    /// <summary>One store of any size, as an instruction makes it: all of it or nothing.</summary>
    public bool Store(ulong address, ReadOnlySpan<byte> data)
    {
        bool allowed = guest.TryTranslate(address, forWriting: true, out ulong physical) && call.Allows(physical, data.Length);
        if (allowed)
        {
            guest.WritePhysical(physical, data);
        }

        return allowed;
    }

    public bool Write32(ulong address, uint value)
    {
        foreach (byte one in BitConverter.GetBytes(value))
        {
            if (!guest.TryTranslate(address, forWriting: true, out ulong physical) || !call.Allows(physical, 1))
            {
                return false;
            }

            guest.WritePhysical(physical, [one]);
            address++;
        }

        return true;
    }
}
