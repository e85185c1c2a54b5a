namespace Lucos.Abi;

/// <summary>The version of everything in this assembly that guest and host must agree on.</summary>
public static class AbiVersion
{
    /// <summary>The version that this build speaks. A peer that speaks another is refused with <see cref="Refusal.AbiMismatch"/>.</summary>
    public const uint Current = 2;
}
