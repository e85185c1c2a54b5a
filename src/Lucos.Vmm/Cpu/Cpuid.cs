namespace Lucos.Vmm.Cpu;

/// <summary>
/// What CPUID answers: the same on every host. Left out on purpose: random numbers (RDRAND, RDSEED), MONITOR, x2APIC, SMEP, SMAP and AVX,
/// which are not emulated or would not repeat.
/// </summary>
internal static class Cpuid
{
    private const uint FeaturesEdx =
        (1 << 0) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 8) | (1 << 9) | (1 << 13) | (1 << 15) | (1 << 16) | (1 << 19)
        | (1 << 23) | (1 << 24) | (1 << 25) | (1 << 26);

    private const uint FeaturesEcx = (1u << 0) | (1 << 9) | (1 << 13) | (1 << 19) | (1 << 20) | (1 << 23) | (1u << 31);
    private const uint ExtendedEdx = (1 << 11) | (1 << 20) | (1 << 27) | (1 << 29);

    internal static (uint Eax, uint Ebx, uint Ecx, uint Edx) Answer(uint leaf, int processor) => leaf switch
    {
        0 => (1, 0x756e6547, 0x6c65746e, 0x49656e69),
        1 => (0x000306c1, 0x00000800 | ((uint)processor << 24), FeaturesEcx, FeaturesEdx),
        0x4000_0000 => (0x4000_0000, 0x6f63754c, 0x6f63754c, 0x0000736f),
        0x8000_0000 => (0x8000_0008, 0, 0, 0),
        0x8000_0001 => (0, 0, 1, ExtendedEdx),
        0x8000_0002 => (0x6f63754c, 0x69762073, 0x61757472, 0x5043206c),
        0x8000_0003 => (0x00000055, 0, 0, 0),
        0x8000_0008 => (0x0000_3028, 0, 0, 0),
        _ => (0, 0, 0, 0),
    };
}
