using System.Numerics;
using System.Runtime.CompilerServices;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Devices.Apic;

/// <summary>A set of interrupt vectors: one 256-bit register of a local APIC (Intel SDM vol. 3 section 11.8.4).</summary>
[InlineArray(4)]
internal struct VectorSet
{
    private ulong _first;

    /// <summary>The highest vector in the set; -1 when it is empty.</summary>
    internal readonly int Highest
    {
        get
        {
            for (int i = 3; i >= 0; i--)
            {
                if (this[i] != 0)
                {
                    return (64 * i) + 63 - BitOperations.LeadingZeroCount(this[i]);
                }
            }

            return -1;
        }
    }

    internal void Add(byte vector) => this[vector >> 6] |= 1UL << (vector & 63);

    internal void Remove(byte vector) => this[vector >> 6] &= ~(1UL << (vector & 63));

    /// <summary>One of the eight 32-bit words in which the register is read.</summary>
    internal readonly uint Word(int index) => (uint)(this[(index >> 1) & 3] >> (32 * (index & 1)));

    internal readonly void Save(StateWriter writer)
    {
        for (int i = 0; i < 4; i++)
        {
            writer.WriteUInt64(this[i]);
        }
    }

    internal void Load(StateReader reader)
    {
        for (int i = 0; i < 4; i++)
        {
            this[i] = reader.ReadUInt64();
        }
    }
}
