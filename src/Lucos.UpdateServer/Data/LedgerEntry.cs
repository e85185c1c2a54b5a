namespace Lucos.UpdateServer.Data;

/// <summary>A store to a version of an instance while both lived.</summary>
/// <param name="Block">Block count.</param>
/// <param name="Cpu">The vCPU.</param>
/// <param name="Rip">Guest-virtual address of the instruction.</param>
/// <param name="Type">Index of the type in the update.</param>
/// <param name="Instance">Guest-virtual address of the old version.</param>
/// <param name="IsNew">Whether the new version was written, not the old one.</param>
/// <param name="Offset">First byte, in the version.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Value">The first eight of them, little-endian.</param>
public readonly record struct LedgerEntry(ulong Block, int Cpu, ulong Rip, int Type, ulong Instance, bool IsNew, uint Offset, int Size, ulong Value);
