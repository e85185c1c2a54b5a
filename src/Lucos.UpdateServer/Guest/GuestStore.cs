namespace Lucos.UpdateServer.Guest;

/// <summary>A store of the guest to a monitored page.</summary>
/// <param name="Cpu">The vCPU.</param>
/// <param name="Rip">Guest-virtual address of the instruction.</param>
/// <param name="Physical">Guest-physical address of its first byte.</param>
/// <param name="Size">Its bytes; it may reach into the next page.</param>
public readonly record struct GuestStore(int Cpu, ulong Rip, ulong Physical, int Size);
