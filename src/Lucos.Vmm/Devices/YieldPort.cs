namespace Lucos.Vmm.Devices;

/// <summary>Where a processor that spins gives its turn away.</summary>
internal sealed class YieldPort(Action yield) : IPortDevice
{
    public uint Read(ushort port, int size) => uint.MaxValue >> (32 - (8 * size));

    public void Write(ushort port, int size, uint value) => yield();
}
