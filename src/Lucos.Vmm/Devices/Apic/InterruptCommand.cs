namespace Lucos.Vmm.Devices.Apic;

/// <summary>What a write of the interrupt command register asks for (Intel SDM vol. 3 section 11.6.1).</summary>
/// <param name="Low">Bits 0 to 31.</param>
/// <param name="High">Bits 32 to 63.</param>
internal readonly record struct InterruptCommand(uint Low, uint High)
{
    internal byte Vector => (byte)Low;

    internal DeliveryMode Mode => (DeliveryMode)((Low >> 8) & 7);

    internal bool IsLogical => (Low & (1 << 11)) != 0;

    /// <summary>An INIT that takes the line back, which later processors ignore.</summary>
    internal bool IsDeassert => (Low & (1 << 14)) == 0 && (Low & (1 << 15)) != 0;

    internal DestinationShorthand Shorthand => (DestinationShorthand)((Low >> 18) & 3);

    internal byte Destination => (byte)(High >> 24);
}
