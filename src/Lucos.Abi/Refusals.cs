namespace Lucos.Abi;

/// <summary>The one table of refusals: console, server, documents and the guest's C header read it.</summary>
public static class Refusals
{
    private static readonly RefusalInfo s_none = new(Refusal.None, "none", "Not refused.", "nothing");

    /// <summary>All refusals in the order of their codes, which start at 1 and have no holes.</summary>
    public static IReadOnlyList<RefusalInfo> All { get; } =
    [
        new(Refusal.UnknownHypercall, "unknown-hypercall", "The hypercall number is not one of this ABI version.", "rebuild the guest against this host's lucos_abi.h"),
        new(Refusal.NotPrivileged, "not-privileged", "The caller is not in ring 0, or not root.", "issue it from the kernel, or run the command as root"),
        new(Refusal.BadPointer, "bad-pointer", "A guest address is not canonical, not mapped, or runs out of its mapping.", "pass the address of a mapped kernel buffer that is large enough"),
        new(Refusal.BadArgument, "bad-argument", "An argument or a field has a value that is not allowed.", "correct the field that the detail names"),
        new(Refusal.WrongState, "wrong-state", "The update is in a state that does not allow this command.", "look at the state in the status and wait for it, or give a command that it allows"),
        new(Refusal.NotRegistered, "not-registered", "No Update Manager has registered.", "insert update-manager.ko in the guest first"),
        new(Refusal.AbiMismatch, "abi-mismatch", "Guest and host speak different ABI versions.", "build the guest kernel, its modules and the host from one tree"),
        new(Refusal.BadPackage, "bad-package", "The package is not a well-formed one.", "build it again with lucos patch build"),
        new(Refusal.DigestMismatch, "digest-mismatch", "The package's bytes are not those that its digest was made of.", "copy the package again, or build it again"),
        new(Refusal.BuildIdMismatch, "build-id-mismatch", "The package was made for another kernel build.", "build the package against the kernel.elf that the guest runs"),
        new(Refusal.MissingSymbol, "missing-symbol", "A symbol is not in the kernel.", "correct the name, or build against the kernel that has it"),
        new(Refusal.AmbiguousSymbol, "ambiguous-symbol", "Several symbols of the kernel have this name.", "name the source file: name.in.file.c, or LUCOS_REPLACE_IN"),
        new(Refusal.FunctionTooShort, "function-too-short", "The function has no room for the five-byte jump.", "replace the callers of the function instead"),
        new(Refusal.OldBytesMismatch, "old-bytes-mismatch", "The code in the kernel is not the code that the update was made for.", "build the update against the running kernel, or undo what else changed the function"),
        new(Refusal.OutOfReach, "out-of-reach", "The new code is farther from the old than a 32-bit jump reaches.", "load the module within 2 GiB of the kernel's text"),
        new(Refusal.DuplicateTarget, "duplicate-target", "The update replaces one function twice.", "keep one replacement of the function"),
        new(Refusal.DependencyMissing, "dependency-missing", "An update that this one depends on is not applied.", "apply that update first"),
        new(Refusal.Conflict, "conflict", "An applied update conflicts with this one.", "undo that update first"),
        new(Refusal.AlreadyApplied, "already-applied", "An update of this name is applied already.", "undo the applied one first, or give the new one another name"),
        new(Refusal.NoSuchUpdate, "no-such-update", "There is no such update.", "list the updates and use a name from there"),
        new(Refusal.UndoOrder, "undo-order", "A later update stands on this one.", "undo the update that the detail names first"),
        new(Refusal.UnrelocatableContext, "unrelocatable-context", "A thread stands in bytes that the jump overwrites and can't be moved.", "try again: the thread will have moved on"),
        new(Refusal.StartupFailed, "startup-failed", "The update's startup function returned an error.", "see the guest's log for what it complained about"),
        new(Refusal.NoMemory, "no-memory", "The guest has no memory for it.", "free memory in the guest, or give it more"),
        new(Refusal.TooLarge, "too-large", "Something is larger than its limit.", "make it smaller; the limits are in the package format's document"),
        new(Refusal.Busy, "busy", "Another update is under way.", "wait until it has finished, or cancel it"),
        new(Refusal.Cancelled, "cancelled", "The operator cancelled it.", "give the command again if it is still wanted"),
        new(Refusal.Internal, "internal", "A defect in Lucos itself.", "report it with the log and the history"),
        new(Refusal.TransferFailed, "transfer-failed", "A state-transfer function faulted, ran too long, or wrote where it may not.", "correct the function that the detail names"),
        new(Refusal.Incoherent, "incoherent", "A state transfer lost what the update declares as preserved.", "correct the transfer functions; the ledger names the write"),
        new(Refusal.NotRepresentable, "not-representable", "The old version of a data structure can't say what an instance holds now.", "bring the instances that the detail names back within what the old version holds"),
    ];

    /// <summary>The entry of a refusal. A code that is not in the table, as a hostile guest may send, is <see cref="Refusal.Internal"/>.</summary>
    /// <param name="refusal">The code.</param>
    public static RefusalInfo Info(this Refusal refusal) => refusal switch
    {
        Refusal.None => s_none,
        _ when IsKnown(refusal) => All[(int)refusal - 1],
        _ => All[(int)Refusal.Internal - 1],
    };

    /// <summary>The stable identifier, such as <c>bad-package</c>; <c>none</c> for <see cref="Refusal.None"/>.</summary>
    /// <param name="refusal">The code.</param>
    public static string Id(this Refusal refusal) => refusal.Info().Id;

    /// <summary>What the reader can do about it.</summary>
    /// <param name="refusal">The code.</param>
    public static string WhatToDo(this Refusal refusal) => refusal.Info().WhatToDo;

    /// <summary>The result of a hypercall that was refused: the negative code.</summary>
    /// <param name="refusal">The code.</param>
    public static long ToResult(this Refusal refusal) => -(long)(uint)refusal;

    /// <summary>Whether the code is in the table.</summary>
    /// <param name="refusal">The code.</param>
    public static bool IsKnown(Refusal refusal) => refusal != Refusal.None && (uint)refusal <= (uint)All.Count;

    /// <summary>Finds a refusal by its identifier.</summary>
    /// <param name="id">The kebab-case identifier.</param>
    /// <param name="refusal">The code, or <see cref="Refusal.None"/>.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryParse(string id, out Refusal refusal)
    {
        refusal = All.FirstOrDefault(info => info.Id == id)?.Code ?? Refusal.None;
        return refusal != Refusal.None;
    }
}
