using Lucos.Vmm.Snapshots;
using Lucos.Vmm.Time;

namespace Lucos.Vmm.Cpu;

/// <summary>
/// Lets the processors run in turns on one host thread. A turn is a stretch of virtual time, which is code bytes executed, so it always
/// ends at a block boundary and always at the same one. Lengths come from the seed: other seeds explore other interleavings, one turn in
/// eight is very short. A processor that waits gives its turn away.
/// </summary>
internal sealed class TurnScheduler(List<Vcpu> vcpus, VirtualClock clock, Func<Vcpu, bool> hasInterrupt, ulong seed) : IStateful
{
    private const ulong ShortestLong = 20_000;
    private const ulong LongSpread = 40_000;
    private const ulong ShortestShort = 100;
    private const ulong ShortSpread = 2_000;
    private const ulong OneInEight = 8;
    private ulong _random = seed;

    /// <summary>The processor whose turn it is, or was when all wait.</summary>
    internal Vcpu Current { get; private set; } = vcpus[0];

    /// <summary>When the turn ends, in nanoseconds; a machine with one processor has one turn.</summary>
    internal ulong End { get; private set; } = vcpus.Count == 1 ? ulong.MaxValue : 0;

    public string StateName => "turns";

    public int StateVersion => 1;

    public void Save(StateWriter writer)
    {
        writer.WriteInt32(Current.Index);
        writer.WriteUInt64(End);
        writer.WriteUInt64(_random);
    }

    public void Load(StateReader reader)
    {
        Current = vcpus[reader.ReadInt32(0, vcpus.Count - 1)];
        End = reader.ReadUInt64();
        _random = reader.ReadUInt64();
    }

    /// <summary>Makes <see cref="Current"/> the processor that is to run now. Returns false when none can.</summary>
    internal bool Choose()
    {
        if (CanRun(Current) && clock.Now < End)
        {
            return true;
        }

        for (int i = 1; i <= vcpus.Count; i++)
        {
            Vcpu next = vcpus[(Current.Index + i) % vcpus.Count];
            if (CanRun(next))
            {
                Current = next;
                End = vcpus.Count == 1 ? ulong.MaxValue : clock.Now + NextLength();
                return true;
            }
        }

        return false;
    }

    /// <summary>Has a processor run out of its turn; the turn goes on when it is lent back.</summary>
    internal void Lend(Vcpu vcpu) => Current = vcpu;

    /// <summary>Gives the rest of the turn away, as a processor does that spins for what another holds.</summary>
    internal void Yield()
    {
        if (vcpus.Count > 1)
        {
            End = 0;
        }
    }

    /// <summary>Whether the turn is over and another processor could run.</summary>
    internal bool IsOver(ulong now)
    {
        if (now < End)
        {
            return false;
        }

        foreach (Vcpu vcpu in vcpus)
        {
            if (vcpu != Current && CanRun(vcpu))
            {
                return true;
            }
        }

        End = now + NextLength();
        return false;
    }

    private bool CanRun(Vcpu vcpu) => vcpu.State == VcpuState.Running || (vcpu.State == VcpuState.Halted && hasInterrupt(vcpu));

    private ulong NextLength()
    {
        ulong value = NextRandom();
        ulong length = value >> 8;
        return value % OneInEight == 0 ? ShortestShort + (length % ShortSpread) : ShortestLong + (length % LongSpread);
    }

    // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
    private ulong NextRandom()
    {
        _random += 0x9e37_79b9_7f4a_7c15;
        ulong z = _random;
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }
}
