namespace Lucos.Control.Debugging.Targets;

/// <summary>What a watchpoint stops at. The numbers are the protocol's.</summary>
internal enum WatchKind
{
    /// <summary>Stores: <c>Z2</c>.</summary>
    Write = 2,

    /// <summary>Loads: <c>Z3</c>.</summary>
    Read = 3,

    /// <summary>Both: <c>Z4</c>.</summary>
    Access = 4,
}
