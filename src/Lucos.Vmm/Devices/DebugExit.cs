namespace Lucos.Vmm.Devices;

/// <summary>The <c>isa-debug-exit</c> port: a write stops the machine with the value.</summary>
internal sealed class DebugExit(Action<uint> exit) : IPortDevice
{
    public uint Read(ushort port, int size) => 0;

    public void Write(ushort port, int size, uint value) => exit(value);
}
