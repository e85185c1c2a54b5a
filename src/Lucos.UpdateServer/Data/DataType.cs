using Lucos.Abi;

namespace Lucos.UpdateServer.Data;

/// <summary>A changed data structure of an update, checked.</summary>
internal sealed record DataType(
    string Name,
    InstanceSource Source,
    Placement Placement,
    Interception Interception,
    TransferPoint Transfer,
    uint OldSize,
    uint NewSize,
    uint ExtraSize,
    uint SharedHead,
    uint LockOffset,
    uint LockSize,
    ulong Lock,
    ulong ToNew,
    ulong ToOld,
    IReadOnlyList<PreservedField> Fields)
{
    /// <summary>Bytes of the new version with what belongs to it.</summary>
    public uint NewLength => NewSize + ExtraSize;

    /// <summary>Whether new versions hold new fields only: they are made once, and never carried back.</summary>
    public bool IsShadow => Placement == Placement.Shadow;

    /// <summary>Whether state is transferred when the update is applied and when it is rolled back, and not in between.</summary>
    public bool IsOnce => Transfer == TransferPoint.Once;

    /// <summary>Whether a version is brought up to date when it is about to be read.</summary>
    public bool IsLazy => Transfer == TransferPoint.Lazy && IsMonitored;

    /// <summary>Whether both versions are kept coherent.</summary>
    public bool IsMonitored => !IsShadow && !IsOnce;

    /// <summary>Whether each instance has a lock of its own.</summary>
    public bool HasOwnLock => Transfer == TransferPoint.OnUnlock && LockOffset != UpdateFlags.NoLock;
}
