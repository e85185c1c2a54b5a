namespace Lucos.Vmm.Devices.Apic;

/// <summary>Offsets of a local APIC's registers (Intel SDM vol. 3 table 11-1).</summary>
internal static class ApicRegister
{
    internal const uint Id = 0x20;
    internal const uint Version = 0x30;
    internal const uint TaskPriority = 0x80;
    internal const uint ProcessorPriority = 0xa0;
    internal const uint EndOfInterrupt = 0xb0;
    internal const uint LogicalDestination = 0xd0;
    internal const uint DestinationFormat = 0xe0;
    internal const uint SpuriousVector = 0xf0;
    internal const uint InService = 0x100;
    internal const uint TriggerMode = 0x180;
    internal const uint Request = 0x200;
    internal const uint ErrorStatus = 0x280;
    internal const uint CommandLow = 0x300;
    internal const uint CommandHigh = 0x310;
    internal const uint LvtTimer = 0x320;
    internal const uint LvtLint0 = 0x350;
    internal const uint LvtError = 0x370;
    internal const uint InitialCount = 0x380;
    internal const uint CurrentCount = 0x390;
    internal const uint DivideConfiguration = 0x3e0;
}
