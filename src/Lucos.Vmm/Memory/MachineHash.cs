namespace Lucos.Vmm.Memory;

/// <summary>A digest of a machine's memory: equal digests mean equal bytes.</summary>
/// <param name="Hex">SHA-256 in lower-case hexadecimal.</param>
public readonly record struct MachineHash(string Hex)
{
    /// <inheritdoc/>
    public override string ToString() => Hex;
}
