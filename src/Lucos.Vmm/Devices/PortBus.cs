namespace Lucos.Vmm.Devices;

/// <summary>Routes port accesses. A port that nobody answers reads all ones and swallows writes, as on a PC.</summary>
public sealed class PortBus
{
    private readonly IPortDevice?[] _devices = new IPortDevice?[ushort.MaxValue + 1];

    /// <summary>Gives a range of ports to a device.</summary>
    /// <exception cref="InvalidOperationException">A port is taken.</exception>
    public void Attach(ushort first, int count, IPortDevice device)
    {
        for (int port = first; port < first + count; port++)
        {
            if (_devices[port] is not null)
            {
                throw new InvalidOperationException($"port-taken: port 0x{port:x} has a device");
            }

            _devices[port] = device;
        }
    }

    /// <summary>IN.</summary>
    public uint Read(ushort port, int size) => _devices[port]?.Read(port, size) ?? uint.MaxValue >> (32 - (8 * size));

    /// <summary>OUT.</summary>
    public void Write(ushort port, int size, uint value) => _devices[port]?.Write(port, size, value);
}
