namespace Lucos.Vmm.Snapshots;

/// <summary>What the machine itself remembers: counters, and a power-off or reset that the run has not returned yet.</summary>
internal sealed class MachineState(Machine machine, MachineHost host) : IStateful
{
    private const byte NoStop = 0;
    private const byte PowerOff = 1;
    private const byte Reset = 2;

    public string StateName => "machine";

    public int StateVersion => 2;

    public void Save(StateWriter writer)
    {
        writer.WriteUInt64(machine.IdleWarps);
        writer.WriteUInt64(machine.Hypercalls.Count);
        writer.WriteUInt64(machine.InputPosition);
        writer.WriteUInt64(machine.Idle.Blocks);
        writer.WriteUInt64(machine.Idle.Until);
        writer.WriteByte(host.DeviceStop switch { MachineStop.PowerOff => PowerOff, MachineStop.Reset => Reset, _ => NoStop });
        writer.WriteUInt32(host.DeviceStop is MachineStop.PowerOff { Value: uint value } ? value : 0);
    }

    public void Load(StateReader reader)
    {
        machine.IdleWarps = reader.ReadUInt64();
        machine.Hypercalls.Count = reader.ReadUInt64();
        machine.InputPosition = reader.ReadUInt64();
        machine.Idle = (reader.ReadUInt64(), reader.ReadUInt64());
        byte kind = reader.ReadByte();
        uint value = reader.ReadUInt32();
        host.DeviceStop = kind switch
        {
            NoStop => null,
            PowerOff => new MachineStop.PowerOff(value),
            Reset => new MachineStop.Reset(),
            _ => throw reader.Damaged($"a pending stop of kind {kind}"),
        };
    }
}
