namespace Lucos.Vmm.Devices;

/// <summary>The part of an 8042 that guests use for reset: command 0xfe at port 0x64. It has no keyboard.</summary>
internal sealed class KeyboardController(Action reset) : IPortDevice
{
    private const byte PulseReset = 0xfe;

    public uint Read(ushort port, int size) => 0;

    public void Write(ushort port, int size, uint value)
    {
        if ((byte)value == PulseReset)
        {
            reset();
        }
    }
}
