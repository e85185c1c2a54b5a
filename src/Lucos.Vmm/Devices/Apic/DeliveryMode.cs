namespace Lucos.Vmm.Devices.Apic;

/// <summary>How an interrupt is delivered (Intel SDM vol. 3 figure 11-12).</summary>
internal enum DeliveryMode
{
    /// <summary>The vector goes to every destination.</summary>
    Fixed = 0,

    /// <summary>The vector goes to one destination; here the one with the lowest number.</summary>
    LowestPriority = 1,

    /// <summary>System management; not offered.</summary>
    SystemManagement = 2,

    /// <summary>Non-maskable interrupt; not offered.</summary>
    NonMaskable = 4,

    /// <summary>The processor waits for a start-up message.</summary>
    Init = 5,

    /// <summary>A waiting processor starts in real mode at page <c>vector</c>.</summary>
    StartUp = 6,

    /// <summary>The vector comes from the 8259s.</summary>
    External = 7,
}
