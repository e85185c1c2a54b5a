using Lucos.Vmm.Cpu.Emulation;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu;

/// <summary>
/// Calls short functions of the guest's code outside of the guest's time: the clock and the block counts stand still, interrupts and
/// devices don't exist, and nothing reaches the guest's IDT. It has registers of its own, which each call begins anew, so it keeps
/// nothing between calls and is no part of a machine's state. It may be called between runs and from every handler, inside a store too.
/// </summary>
public sealed class ServiceVcpu : IDisposable
{
    private readonly EmulatedService _processor;

    internal ServiceVcpu(GuestMemory memory) => _processor = new EmulatedService(memory);

    /// <summary>
    /// Calls a function by the System V ABI. It may store to its stack and where the filter allows; what it is not allowed, and everything that
    /// would leave it (an exception, a loop beyond the budget, a privileged instruction), ends the call and is told. What it stored before
    /// that stays: the filter has seen the old bytes.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is called inside of itself: from the filter.</exception>
    public ServiceCallResult Call(in ServiceCall call) => _processor.Call(in call);

    /// <summary>Says from which pages loads are asked for before they are made.</summary>
    internal void GuardLoads(ReadOnlySpan<ulong> pages, ILoadListener listener) => _processor.GuardLoads(pages, listener);

    /// <summary>
    /// Says that until <see cref="EndCalls"/> the guest does not run and its page tables stay as they are: calls on the same stack share what they found out about them,
    /// which makes many short ones a third faster.
    /// </summary>
    public void BeginCalls() => _processor.BeginCalls();

    /// <summary>Ends that; without a beginning it is no error.</summary>
    public void EndCalls() => _processor.EndCalls();

    /// <inheritdoc/>
    public void Dispose() => _processor.Dispose();
}
