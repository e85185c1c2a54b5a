namespace Lucos.Vmm.Devices;

/// <summary>A device with I/O ports.</summary>
public interface IPortDevice
{
    /// <summary>IN of 1, 2 or 4 bytes.</summary>
    uint Read(ushort port, int size);

    /// <summary>OUT of 1, 2 or 4 bytes.</summary>
    void Write(ushort port, int size, uint value);
}
