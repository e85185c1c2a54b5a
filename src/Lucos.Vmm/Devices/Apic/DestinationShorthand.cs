namespace Lucos.Vmm.Devices.Apic;

/// <summary>Whom an interrupt command is for (Intel SDM vol. 3 figure 11-12).</summary>
internal enum DestinationShorthand
{
    /// <summary>The destination field says.</summary>
    None = 0,

    /// <summary>The sender.</summary>
    Self = 1,

    /// <summary>Everybody.</summary>
    All = 2,

    /// <summary>Everybody but the sender.</summary>
    Others = 3,
}
