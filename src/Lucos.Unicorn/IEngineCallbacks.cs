namespace Lucos.Unicorn;

/// <summary>
/// What an engine reports while it runs. Called on the thread that runs it; an exception thrown here is stored, stops the run and is
/// thrown again by <see cref="Engine.Run"/>.
/// </summary>
public interface IEngineCallbacks
{
    /// <summary>The meter has run out, and the block at <paramref name="address"/> is about to run; state is exact and a stop here too.</summary>
    void OnBlock(ulong address, uint size);

    /// <summary>The instruction at <paramref name="address"/>, for which a breakpoint is set, is about to run; a stop here is exact.</summary>
    void OnBreakpoint(ulong address);

    /// <summary>An instruction is about to run for which <see cref="Engine.ReportInstructions"/> asked; a stop here is exact.</summary>
    void OnInstruction(ulong address);

    /// <summary>A block has been translated and is about to run: <see cref="OnTranslated"/> has been called for its pages.</summary>
    void OnBlockTranslated(ulong address, uint size);

    /// <summary>
    /// Code of a page has been translated for the first time since its translations were dropped, and is about to run; a block that
    /// crosses a page tells both. Repeated for every further block of the page.
    /// </summary>
    void OnTranslated(ulong physicalPage);

    /// <summary>An exception or <c>INT n</c> must be delivered.</summary>
    void OnInterrupt(uint vector);

    /// <summary>An instruction that the engine does not know. Returns whether to go on at the (then changed) instruction pointer.</summary>
    bool OnInvalidInstruction();

    /// <summary>An <c>IN</c> of 1, 2 or 4 bytes. Returns the value.</summary>
    uint OnPortRead(ushort port, int size);

    /// <summary>An <c>OUT</c> of 1, 2 or 4 bytes; RIP is that of the instruction.</summary>
    void OnPortWrite(ushort port, int size, uint value);

    /// <summary><c>SYSCALL</c>: RIP is that of the instruction, and 2 is added to it afterwards.</summary>
    void OnSyscall();

    /// <summary><c>CPUID</c>: to be answered by writing the four registers.</summary>
    void OnCpuid();

    /// <summary><c>RDTSC</c> or <c>RDTSCP</c>: to be answered by writing the registers.</summary>
    void OnTimestamp(bool withProcessorId);

    /// <summary>
    /// A store to a guarded page; the page stays closed, so the callee must store the value itself. Returns false to refuse: the run ends with
    /// <see cref="EngineStatus.WriteRefused"/> at this instruction. A store that is not aligned comes whole and then again byte by byte; one
    /// that crosses a page may only be made when it comes byte by byte, since the whole one does not know the second page.
    /// </summary>
    bool OnGuardedStore(ulong physicalAddress, int size, ulong value);

    /// <summary>A load from memory for which <see cref="Engine.WatchLoads"/> asked.</summary>
    void OnWatchedLoad(ulong physicalAddress, int size);

    /// <summary>
    /// A load from a page that <see cref="Engine.GuardLoads"/> names is about to happen; it finds what is in memory when this returns. One that crosses
    /// a page comes once, for the first page, guarded or not: the second one may lie anywhere.
    /// </summary>
    void OnGuardedLoad(ulong physicalAddress, int size);

    /// <summary>A read of device memory. Returns the value.</summary>
    ulong OnDeviceRead(ulong physicalAddress, int size);

    /// <summary>A write to device memory.</summary>
    void OnDeviceWrite(ulong physicalAddress, int size, ulong value);

    /// <summary>An access where there is neither RAM nor device memory.</summary>
    void OnUnmapped(ulong physicalAddress, int size);
}
