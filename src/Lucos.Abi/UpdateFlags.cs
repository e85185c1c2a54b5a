namespace Lucos.Abi;

/// <summary>Flags of an <see cref="UpdateDescriptor"/> and of an <see cref="OperatorRequest"/>.</summary>
public static class UpdateFlags
{
    /// <summary>Bit 0 of the descriptor: the update stays draining, or rolling back, until COMPLETE, because it has callbacks or changes data.</summary>
    public const uint UpdateFlagCompletes = 1;

    /// <summary>Bit 1 of the descriptor: every write to either version goes into the coherence ledger, and every transfer is checked.</summary>
    public const uint UpdateFlagVerifyCoherence = 2;

    /// <summary>Bit 0 of a request: apply with the coherence ledger.</summary>
    public const uint RequestFlagVerifyCoherence = 1;

    /// <summary>Value of a type's state variable before the update is applied, and after it was rolled back.</summary>
    public const uint TypeInactive = 0;

    /// <summary>Value of a type's state variable while both versions live and are kept coherent.</summary>
    public const uint TypeCoexists = 1;

    /// <summary>Value of a type's state variable when only the new version is in use.</summary>
    public const uint TypeRetired = 2;

    /// <summary>Lock offset of a type whose instances have no lock of their own.</summary>
    public const uint NoLock = 0xffff_ffff;
}
