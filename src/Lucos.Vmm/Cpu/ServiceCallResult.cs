namespace Lucos.Vmm.Cpu;

/// <summary>What a call of <see cref="ServiceVcpu"/> came to.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Value">RAX, when it returned.</param>
/// <param name="Rip">Where it ended, when it did not return.</param>
/// <param name="Vector">The exception, when it faulted.</param>
/// <param name="Address">
/// Guest-physical for a store or an access to memory, the number for a port, virtual for a page fault (CR2), the function or the stack.
/// </param>
public readonly record struct ServiceCallResult(ServiceCallEnd End, ulong Value = 0, ulong Rip = 0, byte Vector = 0, ulong Address = 0)
{
    /// <summary>Whether the function returned.</summary>
    public bool Succeeded => End == ServiceCallEnd.Returned;

    /// <inheritdoc/>
    public override string ToString() => End switch
    {
        ServiceCallEnd.Returned => $"returned 0x{Value:x}",
        ServiceCallEnd.Faulted => $"exception {Vector} at 0x{Rip:x}, CR2 0x{Address:x}",
        _ => $"{End} at 0x{Rip:x}, address 0x{Address:x}",
    };
}
