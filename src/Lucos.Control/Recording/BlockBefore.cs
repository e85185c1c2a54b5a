namespace Lucos.Control.Recording;

/// <summary>The last block of a processor that is as recorded, run again under observation.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Cpu">The processor that ran it.</param>
/// <param name="Address">Its guest-virtual address.</param>
/// <param name="Function">What that is.</param>
/// <param name="Loads">Where it loaded from: what differs in memory came into the registers here.</param>
/// <param name="Stores">Where it stored to.</param>
/// <param name="ComesAgain">
/// Whether the replay differed again when this part was repeated. If not, the difference comes neither from the record nor from the
/// guest: something changed the guest from outside, or the emulator is not repeatable.
/// </param>
public sealed record BlockBefore(
    ulong Number, int Cpu, ulong Address, string? Function, IReadOnlyList<BlockAccess> Loads, IReadOnlyList<BlockAccess> Stores, bool ComesAgain);
