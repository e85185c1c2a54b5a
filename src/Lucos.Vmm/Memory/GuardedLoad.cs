namespace Lucos.Vmm.Memory;

/// <summary>A load that touches a guarded page, or may.</summary>
/// <param name="Cpu">The processor; -1 for the service processor.</param>
/// <param name="Address">First byte.</param>
/// <param name="Size">Bytes. If they reach into the next page of addresses, that page may lie anywhere in memory, and may be the guarded one.</param>
public readonly record struct GuardedLoad(int Cpu, GuestPhysicalAddress Address, int Size);
