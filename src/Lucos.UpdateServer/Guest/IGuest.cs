namespace Lucos.UpdateServer.Guest;

/// <summary>
/// What the server needs of a stopped guest, and nothing more: the machine stands behind it in use, an array of bytes in
/// exhaustive tests. All addresses are guest-virtual, in the address space of the vCPU that issued the hypercall, or of <see cref="EnterCurrent"/>.
/// </summary>
public interface IGuest
{
    /// <summary>Blocks executed since boot: the guest's clock.</summary>
    ulong Blocks { get; }

    /// <summary>What the guest's clocks show, in nanoseconds since boot.</summary>
    ulong Nanoseconds { get; }

    /// <summary>Now, in the guest's time.</summary>
    GuestTime Now => new(Blocks, Nanoseconds);

    /// <summary>GNU build-id of the booted kernel.</summary>
    ReadOnlySpan<byte> KernelBuildId { get; }

    /// <summary>First address of the booted kernel's code.</summary>
    ulong TextStart { get; }

    /// <summary>First address behind the booted kernel's code.</summary>
    ulong TextEnd { get; }

    /// <summary>Number of vCPUs.</summary>
    int CpuCount { get; }

    /// <summary>
    /// Makes the address space of the vCPU that ran last the one that addresses are meant in: for those who ask between two runs. Hypercalls, stores and loads
    /// bring their own.
    /// </summary>
    void EnterCurrent();

    /// <summary>The function of the booted kernel that starts at <paramref name="address"/>.</summary>
    /// <param name="address">Guest-virtual address.</param>
    /// <param name="found">What the kernel's symbol table says.</param>
    /// <returns>False if no function starts there.</returns>
    bool TryFindFunction(ulong address, out KernelFunction found);

    /// <summary>Reads mapped memory.</summary>
    /// <returns>False, and an undefined buffer, if a byte is not mapped or the range wraps around.</returns>
    bool TryRead(ulong address, Span<byte> buffer);

    /// <summary>Writes data (never code) to memory that the kernel may write.</summary>
    /// <returns>False, and nothing written, if a byte is not mapped writable.</returns>
    bool TryWrite(ulong address, ReadOnlySpan<byte> data);

    /// <summary>Whether all of the range is mapped, and executable in ring 0.</summary>
    bool IsExecutable(ulong address, ulong length);

    /// <summary>
    /// Writes code: the only way in which the server changes code. Saves the old bytes, writes, invalidates translated
    /// code on every engine. The range was checked to be mapped and executable.
    /// </summary>
    /// <returns>The old bytes.</returns>
    byte[] WriteCode(ulong address, ReadOnlySpan<byte> code);

    /// <summary>Stopwatch ticks of the host spent on invalidating translated code so far.</summary>
    long InvalidationTicks { get; }

    /// <summary>Instruction pointer of a vCPU; behind the hypercall for the one that issued it.</summary>
    ulong GetRip(int cpu);

    /// <summary>Sets the instruction pointer of a vCPU.</summary>
    void SetRip(int cpu, ulong rip);

    /// <summary>Raises the doorbell interrupt.</summary>
    void RingDoorbell();

    /// <summary>Finds the RAM behind an address that ring 0 may read, or write.</summary>
    /// <param name="address">Guest-virtual address.</param>
    /// <param name="forWriting">Whether it must be writable.</param>
    /// <param name="physical">Guest-physical address.</param>
    /// <returns>False if it is not mapped so, or what is mapped is no RAM.</returns>
    bool TryTranslate(ulong address, bool forWriting, out ulong physical);

    /// <summary>Whether a whole page is RAM.</summary>
    bool IsRam(ulong physicalPage);

    /// <summary>Reads RAM; the range was checked.</summary>
    void ReadPhysical(ulong physical, Span<byte> buffer);

    /// <summary>Writes RAM, seen by no listener; the range was checked, and is no code.</summary>
    void WritePhysical(ulong physical, ReadOnlySpan<byte> data);

    /// <summary>Guest-physical addresses of all pages that the current page tables are made of.</summary>
    IReadOnlySet<ulong> FindPageTables();

    /// <summary>Makes the one who hears of stores to monitored pages and of returns to stubs known.</summary>
    void Listen(IGuestListener listener);

    /// <summary>Closes pages to the stores of all vCPUs, or changes how stores to them are carried out: all of them or, with an exception, none.</summary>
    /// <param name="pages">Guest-physical addresses of pages of RAM.</param>
    /// <param name="stepped">Whether an instruction that stores there is executed alone, so that the boundary is right behind it.</param>
    void Monitor(ReadOnlySpan<ulong> pages, bool stepped);

    /// <summary>Opens pages again; one that is not monitored is no error.</summary>
    void Unmonitor(ReadOnlySpan<ulong> pages);

    /// <summary>Has the listener told of loads before they happen: of all vCPUs, and asks <see cref="TransferCall.MayLoad"/> of transfers. All code is slower meanwhile.</summary>
    /// <param name="pages">Guest-physical addresses of all pages of RAM that it is for; none ends it.</param>
    void MonitorLoads(ReadOnlySpan<ulong> pages);

    /// <summary>Tells the listener when a vCPU is about to run a stub. Replaces the area before; no stubs end it.</summary>
    /// <param name="start">Guest-virtual address of the first one.</param>
    /// <param name="count">How many there are, one every <see cref="Lucos.Vmm.Code.ReturnStubs.StubSize"/> bytes.</param>
    void WatchStubs(ulong start, int count);

    /// <summary>Calls a function of the guest on a stack of its own, beside the guest's time; no store of it is seen by the listener.</summary>
    TransferOutcome Transfer(in TransferCall transfer);

    /// <summary>
    /// Says that the guest stands still until <see cref="EndTransfers"/> and nobody changes its page tables: what one <see cref="Transfer"/> found out about them, the next
    /// need not find out again.
    /// </summary>
    void BeginTransfers();

    /// <summary>Ends that; without a beginning it is no error.</summary>
    void EndTransfers();
}
