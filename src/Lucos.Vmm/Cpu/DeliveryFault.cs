namespace Lucos.Vmm.Cpu;

/// <summary>An exception raised while another event was being delivered.</summary>
/// <param name="Vector">Its vector.</param>
/// <param name="ErrorCode">Its error code.</param>
/// <param name="Address">For a page fault, the address for CR2.</param>
internal readonly record struct DeliveryFault(byte Vector, uint ErrorCode, ulong Address = 0);
