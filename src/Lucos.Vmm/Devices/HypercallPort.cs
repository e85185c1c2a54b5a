using Lucos.Abi;

namespace Lucos.Vmm.Devices;

/// <summary>The readable side of the hypercall port: the signature by which a guest knows that it runs on Lucos.</summary>
internal sealed class HypercallPort : IPortDevice
{
    public uint Read(ushort port, int size) => GuestPorts.Signature & (uint.MaxValue >> (32 - (8 * size)));

    public void Write(ushort port, int size, uint value)
    {
        // Writes are hypercalls and leave the guest before they come here.
    }
}
