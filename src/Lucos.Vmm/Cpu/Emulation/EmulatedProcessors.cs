using Lucos.Unicorn;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Time;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>
/// The emulated processors of one machine: an engine each over the same RAM, of which one runs at a time, and one meter for all of them,
/// so that virtual time and blocks go on counting when another takes its turn.
/// </summary>
internal sealed class EmulatedProcessors(GuestMemory memory, IVcpuHost host) : IExecutionCounter, IDisposable
{
    private readonly ExecutionMeter _meter = new();

    public long Countdown
    {
        get => _meter.Countdown;
        set => _meter.Countdown = value;
    }

    public ulong Blocks
    {
        get => _meter.Blocks;
        set => _meter.Blocks = value;
    }

    public void Dispose() => _meter.Dispose();

    internal EmulatedVcpu Create(int index) => new(index, memory, host, _meter);
}
