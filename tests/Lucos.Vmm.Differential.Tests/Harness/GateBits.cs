namespace Lucos.Vmm.Differential.Tests.Harness;

/// <summary>Makes 64-bit gates (Intel SDM vol. 3 figure 6-8).</summary>
internal static class GateBits
{
    internal const byte InterruptGate = 0x8e;
    internal const byte TrapGate = 0x8f;

    internal static ulong[] Encode(ulong offset, ushort selector, byte attributes, byte ist = 0) =>
    [
        (offset & 0xffff) | ((ulong)selector << 16) | ((ulong)ist << 32) | ((ulong)attributes << 40) | ((offset >> 16 & 0xffff) << 48),
        offset >> 32,
    ];
}
