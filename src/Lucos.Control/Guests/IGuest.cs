using Lucos.Abi;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;

namespace Lucos.Control.Guests;

/// <summary>
/// A guest with its Update Server, as scenarios, the demo and the control socket need it. One thread drives it; only
/// <see cref="RequestStop"/> may be called from another.
/// </summary>
public interface IGuest : IDisposable
{
    /// <summary>Bytes the guest wrote to its console, on the driving thread, in the order of their writing.</summary>
    event Action<ReadOnlyMemory<byte>>? ConsoleOutput;

    /// <summary>Guest blocks executed: the guest's clock.</summary>
    ulong Blocks { get; }

    /// <summary>The guest's time in nanoseconds.</summary>
    ulong VirtualNanoseconds { get; }

    /// <summary>Now, in the guest's time.</summary>
    GuestTime Now() => new(Blocks, VirtualNanoseconds);

    /// <summary>How often the guest had nothing to do and its clock was moved on to the next event.</summary>
    ulong IdlePeriods { get; }

    /// <summary>The processor that ran last, from 0: the one that met a breakpoint.</summary>
    int CurrentProcessor { get; }

    /// <summary>Address of the next instruction of the processor that ran last.</summary>
    ulong InstructionPointer { get; }

    /// <summary>Its stack pointer.</summary>
    ulong StackPointer { get; }

    /// <summary>Bytes of its memory.</summary>
    ulong MemoryBytes { get; }

    /// <summary>Bytes that were typed and that the guest has not read.</summary>
    int PendingInput { get; }

    /// <summary>Its processors as they stand now.</summary>
    IReadOnlyList<ProcessorView> Processors { get; }

    /// <summary>Version of the kernel that was booted.</summary>
    string BootedVersion { get; }

    /// <summary>Version of the kernel with the updates in force.</summary>
    string EffectiveVersion { get; }

    /// <summary>All updates of this guest, in the order of their submission.</summary>
    IReadOnlyList<UpdateInfo> Updates { get; }

    /// <summary>The newest records of the journal, oldest first.</summary>
    IReadOnlyList<JournalRecord> History { get; }

    /// <summary>The newest stores to versions of an update's data, oldest first; none unless it keeps a coherence ledger.</summary>
    /// <param name="updateId">The update.</param>
    IReadOnlyList<LedgerEntry> Ledger(uint updateId);

    /// <summary>The function that code belongs to, of the booted kernel or of an update, with the offset in it; null where there is none.</summary>
    /// <param name="address">Guest-virtual address of an instruction.</param>
    /// <param name="update">An update whose code is looked at even if it is no longer in memory; 0 for none.</param>
    string? DescribeCode(ulong address, uint update = 0);

    /// <summary>Sequence number of the journal's newest record, or 0.</summary>
    long LastJournalSequence { get; }

    /// <summary>Runs the guest.</summary>
    /// <param name="blocks">At most so many blocks.</param>
    GuestStop Run(ulong blocks);

    /// <summary>Asks a running guest to stop at the next block. Any thread.</summary>
    void RequestStop();

    /// <summary>Types on the console.</summary>
    /// <param name="bytes">What is typed.</param>
    void Type(ReadOnlySpan<byte> bytes);

    /// <summary>Takes a snapshot, between two runs; the guest goes on as if nothing had happened. Breakpoints are not part of it.</summary>
    /// <exception cref="Vmm.Snapshots.SnapshotException">The guest has ended, or stands where its state can't be saved.</exception>
    IGuestSnapshot TakeSnapshot();

    /// <summary>A second guest that continues from where this one stands; neither sees what the other does from now on.</summary>
    /// <exception cref="Vmm.Snapshots.SnapshotException">The guest has ended, or stands where its state can't be saved.</exception>
    IGuest Fork();

    /// <summary>Sets a breakpoint.</summary>
    /// <param name="address">Guest-virtual address of an instruction.</param>
    void AddBreakpoint(ulong address);

    /// <summary>Takes a breakpoint away.</summary>
    /// <param name="address">Where it was set.</param>
    void RemoveBreakpoint(ulong address);

    /// <summary>Reads the guest's memory in the address space that is current.</summary>
    /// <param name="address">Guest-virtual address.</param>
    /// <param name="buffer">What is filled.</param>
    /// <returns>False if not all of it is mapped.</returns>
    bool TryRead(ulong address, Span<byte> buffer);

    /// <summary>Finds functions of the booted kernel.</summary>
    /// <param name="name">The name.</param>
    IReadOnlyList<GuestFunction> FindFunctions(string name);

    /// <summary>Registers and backtrace of the processor, in several lines for a person to read.</summary>
    string DescribeProcessor();

    /// <summary>A copy of the kernel's text and read-only data.</summary>
    byte[] CopyReadOnlyMemory();

    /// <summary>Hands a request to the Update Manager through the doorbell.</summary>
    /// <param name="kind">What is asked.</param>
    /// <param name="name">Name of the update, or of the package for messages.</param>
    /// <param name="package">The package; empty for undo and cancel.</param>
    /// <param name="verifyCoherence">For apply: keep the coherence ledger of its data, and check every transfer.</param>
    /// <returns>The request's number.</returns>
    ulong Submit(RequestKind kind, string name, ReadOnlyMemory<byte> package, bool verifyCoherence = false);

    /// <summary>Requests that the Update Manager has not answered, in the order of their submission.</summary>
    IReadOnlyList<OpenRequest> OpenRequests { get; }

    /// <summary>Takes a request back that the Update Manager has not taken yet; its answer is then <see cref="Refusal.Cancelled"/>.</summary>
    /// <param name="request">The request's number.</param>
    /// <returns>False if the Update Manager works on it, or has answered it.</returns>
    bool Withdraw(ulong request);

    /// <summary>The answer to a request, or null while there is none.</summary>
    /// <param name="request">The request's number.</param>
    RequestAnswer? AnswerTo(ulong request);
}
