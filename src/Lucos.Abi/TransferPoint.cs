namespace Lucos.Abi;

/// <summary>When state is transferred from the version that was written to the other.</summary>
public enum TransferPoint : uint
{
    /// <summary>After each intercepted store.</summary>
    EachWrite = 1,

    /// <summary>When the lock of the instance is released, so that half-done changes are never transferred.</summary>
    OnUnlock = 2,

    /// <summary>When somebody reads the version that is out of date.</summary>
    Lazy = 3,

    /// <summary>When the update is applied and when it is rolled back only: what still runs does not use the version that is left.</summary>
    Once = 4,
}
