using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Cpu;

/// <summary>
/// A processor. The seam behind which the emulator stands, and another engine can: everything above it speaks of exits, registers and
/// addresses only.
/// </summary>
public interface IVcpuBackend : IDisposable
{
    /// <summary>Exceptions (bit n: vector n) that leave with <see cref="VmExit.GuestTrap"/> instead of being delivered.</summary>
    uint InterceptedExceptions { get; set; }

    /// <summary>
    /// Whether the next instruction lies in the middle of what the backend executes and counts as one piece: the run stopped there for a
    /// debugger or behind a stepped store, and blocks and time are counted already. So no interrupt may be delivered, no device looked at and
    /// no turn ended before the next boundary: then the guest runs as if it had not stopped.
    /// </summary>
    bool IsInsideBlock { get; }

    /// <summary>Makes the instruction at which it stands inside a block the begin of a block, so that anything may happen before it.</summary>
    void LeaveBlock();

    /// <summary>
    /// Whether a run that leaves for a guarded store or a watched load leaves right behind its instruction, instead of at the next block
    /// boundary. Slow.
    /// </summary>
    bool LeavesBehindAccesses { get; set; }

    /// <summary>Runs until something has to be handled outside.</summary>
    VmExit Run();

    /// <summary>Executes one instruction: <see cref="VmExit.DebugStep"/>, or whatever prevented it.</summary>
    VmExit StepInstruction();

    /// <summary>Reads all registers.</summary>
    void ReadRegisters(out RegisterFile registers);

    /// <summary>CR3, exact inside a store too.</summary>
    ulong PageTables { get; }

    /// <summary>Writes what <see cref="RegisterFile"/> says is writable.</summary>
    void WriteRegisters(in RegisterFile registers);

    /// <summary>Copies the x87 and SSE registers.</summary>
    FloatingPointFile ReadFloatingPoint();

    /// <summary>Writes what <see cref="FloatingPointFile"/> says is writable.</summary>
    void WriteFloatingPoint(FloatingPointFile registers);

    /// <summary>Writes RAX alone: the result of a hypercall.</summary>
    void WriteResult(long value);

    /// <summary>Puts the processor where a boot loader would: 64-bit, paging on, interrupts off.</summary>
    void Reset(in BootState state);

    /// <summary>
    /// Puts the processor where a start-up message does: real mode, CS:IP = page * 0x100:0, all else as after INIT (Intel SDM vol. 3
    /// table 9-1).
    /// </summary>
    void StartInRealMode(byte page);

    /// <summary>Whether IF is set.</summary>
    bool InterruptsEnabled { get; }

    /// <summary>Whether an external interrupt would be taken now: IF set and no interrupt shadow.</summary>
    bool CanTakeInterrupt();

    /// <summary>Delivers an event through the guest's IDT. Returns null, or how the processor shut down.</summary>
    VmExit.Shutdown? Deliver(TrapEvent trap);

    /// <summary>Says which pages of physical memory are closed to stores; all others are open. Between runs only.</summary>
    /// <param name="pages">Numbers of the pages, ascending.</param>
    /// <param name="steps">Whether stores to some of them are refused and stepped.</param>
    void GuardPages(ReadOnlySpan<ulong> pages, bool steps);

    /// <summary>Says from which pages of physical memory loads are told of before they happen; all others are open. Between runs only.</summary>
    /// <param name="pages">Numbers of the pages.</param>
    void GuardLoads(ReadOnlySpan<ulong> pages);

    /// <summary>Has loads from some physical memory reported, or no longer. Slow; a range is watched once at a time.</summary>
    void WatchLoads(GuestPhysicalAddress address, int length, bool watched);

    /// <summary>Writes the whole state, with what is pending between two runs; breakpoints and guarded pages are not part of it.</summary>
    /// <exception cref="SnapshotException">It can't be saved now.</exception>
    void Save(StateWriter writer);

    /// <summary>Replaces the state by what <see cref="Save"/> wrote, and drops translated code and cached addresses.</summary>
    /// <exception cref="SnapshotException">It can't be that.</exception>
    void Load(StateReader reader);

    /// <summary>Sets or clears a breakpoint on an instruction.</summary>
    void SetBreakpoint(GuestVirtualAddress address, bool enabled);
}
