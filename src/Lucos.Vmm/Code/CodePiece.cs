using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Code;

/// <summary>A physically contiguous part of a code write.</summary>
/// <param name="Address">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct CodePiece(GuestPhysicalAddress Address, int Length);
