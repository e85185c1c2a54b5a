using Lucos.Unicorn;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Time;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>
/// The emulated processors of one machine: an engine each over the same RAM, of which one runs at a time, and one meter for all of them,
/// so that virtual time and blocks go on counting when another takes its turn.
/// </summary>
internal sealed class EmulatedProcessors : IExecutionCounter, IDisposable
{
    private readonly GuestMemory _memory;
    private readonly IVcpuHost _host;
    private readonly BlockTrail? _digests;
    private readonly ExecutionMeter _meter;
    private readonly EmulatedTrail? _trail;

    internal EmulatedProcessors(GuestMemory memory, IVcpuHost host, bool keepsTrail = false)
    {
        _memory = memory;
        _host = host;
        _digests = keepsTrail ? new BlockTrail() : null;
        _meter = new ExecutionMeter(_digests);
        _trail = _digests is null ? null : new EmulatedTrail(_meter, _digests);
    }

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

    internal IBlockTrail? Trail => _trail;

    public void Dispose()
    {
        _meter.Dispose();
        _digests?.Dispose();
    }

    internal EmulatedVcpu Create(int index) => new(index, _memory, _host, _meter, _trail);
}
