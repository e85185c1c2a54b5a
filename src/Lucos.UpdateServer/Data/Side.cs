namespace Lucos.UpdateServer.Data;

/// <summary>Which version of an instance.</summary>
internal enum Side : byte
{
    /// <summary>Neither.</summary>
    None,

    /// <summary>The old one.</summary>
    Old,

    /// <summary>The new one.</summary>
    New,
}
