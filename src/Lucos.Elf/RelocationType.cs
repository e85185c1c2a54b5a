namespace Lucos.Elf;

/// <summary>x86-64 relocations that kernels and modules of this model use (System V ABI, AMD64 supplement, table 4.9).</summary>
public enum RelocationType : uint
{
    /// <summary>Nothing to do.</summary>
    None = 0,

    /// <summary>64 bits: S + A.</summary>
    Abs64 = 1,

    /// <summary>32 bits: S + A - P.</summary>
    Pc32 = 2,

    /// <summary>32 bits: L + A - P; without a procedure linkage table, S + A - P.</summary>
    Plt32 = 4,

    /// <summary>32 bits, zero-extended: S + A.</summary>
    Abs32 = 10,

    /// <summary>32 bits, sign-extended: S + A.</summary>
    Abs32Signed = 11,

    /// <summary>64 bits: S + A - P.</summary>
    Pc64 = 24,
}
