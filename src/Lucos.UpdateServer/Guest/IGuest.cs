namespace Lucos.UpdateServer.Guest;

/// <summary>
/// What the server needs of a stopped guest, and nothing more: the machine stands behind it in use, an array of bytes in
/// exhaustive tests. All addresses are guest-virtual, in the address space of the vCPU that issued the hypercall.
/// </summary>
public interface IGuest
{
    /// <summary>Blocks executed since boot: the guest's clock.</summary>
    ulong Blocks { get; }

    /// <summary>GNU build-id of the booted kernel.</summary>
    ReadOnlySpan<byte> KernelBuildId { get; }

    /// <summary>First address of the booted kernel's code.</summary>
    ulong TextStart { get; }

    /// <summary>First address behind the booted kernel's code.</summary>
    ulong TextEnd { get; }

    /// <summary>Number of vCPUs.</summary>
    int CpuCount { get; }

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
}
