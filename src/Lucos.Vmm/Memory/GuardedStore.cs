namespace Lucos.Vmm.Memory;

/// <summary>A store to a guarded page, after the value is in memory.</summary>
/// <param name="Cpu">Number of the processor.</param>
/// <param name="Address">First byte stored.</param>
/// <param name="Size">Bytes stored, all in one page.</param>
/// <param name="Rip">Address of the instruction; of the interrupted one when <paramref name="ByHost"/>.</param>
/// <param name="ByHost">Whether the host stored on the processor's behalf: the frame of an exception or interrupt.</param>
/// <param name="Method">How it was carried out; it says which boundary comes next.</param>
public readonly record struct GuardedStore(int Cpu, GuestPhysicalAddress Address, int Size, ulong Rip, bool ByHost, StoreMethod Method);
