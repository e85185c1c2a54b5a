namespace Lucos.Abi;

/// <summary>Why something was refused. The values and their identifiers are frozen; a hypercall returns the negative value.</summary>
public enum Refusal : uint
{
    /// <summary>Not refused.</summary>
    None = 0,

    /// <summary>The hypercall number is not one of this ABI version.</summary>
    UnknownHypercall = 1,

    /// <summary>The caller is not in ring 0, or not root.</summary>
    NotPrivileged = 2,

    /// <summary>A guest address is not canonical, not mapped, or runs out of its mapping.</summary>
    BadPointer = 3,

    /// <summary>An argument or a field has a value that is not allowed.</summary>
    BadArgument = 4,

    /// <summary>The update is in a state that does not allow this command.</summary>
    WrongState = 5,

    /// <summary>No Update Manager has registered.</summary>
    NotRegistered = 6,

    /// <summary>Guest and host speak different ABI versions.</summary>
    AbiMismatch = 7,

    /// <summary>The package is not a well-formed one.</summary>
    BadPackage = 8,

    /// <summary>The package's bytes are not those that its digest was made of.</summary>
    DigestMismatch = 9,

    /// <summary>The package was made for another kernel build.</summary>
    BuildIdMismatch = 10,

    /// <summary>A symbol is not in the kernel.</summary>
    MissingSymbol = 11,

    /// <summary>Several symbols of the kernel have this name.</summary>
    AmbiguousSymbol = 12,

    /// <summary>The function has no room for the five-byte jump.</summary>
    FunctionTooShort = 13,

    /// <summary>The code in the kernel is not the code that the update was made for.</summary>
    OldBytesMismatch = 14,

    /// <summary>The new code is farther from the old than a 32-bit jump reaches.</summary>
    OutOfReach = 15,

    /// <summary>The update replaces one function twice.</summary>
    DuplicateTarget = 16,

    /// <summary>An update that this one depends on is not applied.</summary>
    DependencyMissing = 17,

    /// <summary>An applied update conflicts with this one.</summary>
    Conflict = 18,

    /// <summary>An update of this name is applied already.</summary>
    AlreadyApplied = 19,

    /// <summary>There is no such update.</summary>
    NoSuchUpdate = 20,

    /// <summary>A later update stands on this one.</summary>
    UndoOrder = 21,

    /// <summary>A thread stands in bytes that the jump overwrites and can't be moved.</summary>
    UnrelocatableContext = 22,

    /// <summary>The update's startup function returned an error.</summary>
    StartupFailed = 23,

    /// <summary>The guest has no memory for it.</summary>
    NoMemory = 24,

    /// <summary>Something is larger than its limit.</summary>
    TooLarge = 25,

    /// <summary>Another update is under way.</summary>
    Busy = 26,

    /// <summary>The operator cancelled it.</summary>
    Cancelled = 27,

    /// <summary>A defect in Lucos itself.</summary>
    Internal = 28,

    /// <summary>A state-transfer function faulted, ran too long, or wrote where it may not.</summary>
    TransferFailed = 29,

    /// <summary>A state transfer lost what the update declares as preserved.</summary>
    Incoherent = 30,

    /// <summary>The old version of a data structure can't say what an instance holds now.</summary>
    NotRepresentable = 31,
}
