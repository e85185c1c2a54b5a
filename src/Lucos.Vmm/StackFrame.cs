using Lucos.Vmm.Memory;

namespace Lucos.Vmm;

/// <summary>One line of a backtrace.</summary>
/// <param name="Address">The instruction pointer, or a return address.</param>
/// <param name="Symbol">Its symbol and offset, when it is known.</param>
public readonly record struct StackFrame(GuestVirtualAddress Address, string? Symbol)
{
    /// <inheritdoc/>
    public override string ToString() => $"0x{Address.Value:x16}  {Symbol ?? "?"}";
}
