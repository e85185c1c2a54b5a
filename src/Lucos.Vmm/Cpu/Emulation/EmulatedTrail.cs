using Lucos.Unicorn;
using Lucos.Vmm.Time;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>The trail of a machine's emulated processors, which share a meter and so count their blocks together.</summary>
internal sealed class EmulatedTrail(ExecutionMeter meter, BlockTrail trail) : IBlockTrail
{
    private readonly List<BlockTurn> _turns = [];
    private int _current = -1;

    public int Capacity => BlockTrail.Capacity;

    public void Read(ulong first, Span<ushort> digests) => trail.Read(first, digests);

    public IReadOnlyList<BlockTurn> TakeTurns()
    {
        BlockTurn[] turns = [.. _turns];
        _turns.Clear();
        if (_current >= 0)
        {
            _turns.Add(new BlockTurn(meter.Blocks + 1, _current));
        }

        return turns;
    }

    public void Expect(ulong first, ReadOnlySpan<ushort> digests) => meter.Expect(first, digests);

    // A turn in which no block was begun leaves nothing.
    internal void Enter(int cpu)
    {
        if (cpu == _current)
        {
            return;
        }

        _current = cpu;
        BlockTurn turn = new(meter.Blocks + 1, cpu);
        if (_turns.Count > 0 && _turns[^1].Block == turn.Block)
        {
            _turns[^1] = turn;
        }
        else
        {
            _turns.Add(turn);
        }
    }
}
