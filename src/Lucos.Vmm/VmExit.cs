using Lucos.Vmm.Memory;

namespace Lucos.Vmm;

/// <summary>
/// Why a vCPU left the guest. A closed hierarchy. The backend reuses the instances of frequent exits: an exit is valid until the vCPU
/// runs again.
/// </summary>
public abstract record VmExit
{
    private VmExit()
    {
    }

    /// <summary>A hypercall, at the boundary behind its instruction; number and arguments are in the registers.</summary>
    public sealed record Hypercall : VmExit;

    /// <summary>A port access that the backend could not hand over in place.</summary>
    /// <param name="Port">Port number.</param>
    /// <param name="Size">1, 2 or 4 bytes.</param>
    /// <param name="IsWrite">Whether it is an OUT.</param>
    /// <param name="Value">What was written.</param>
    public sealed record PortIo(ushort Port, int Size, bool IsWrite, uint Value) : VmExit;

    /// <summary>An access to physical memory where there is no RAM.</summary>
    /// <param name="Address">The address.</param>
    /// <param name="Size">Bytes; 0 when the backend does not know.</param>
    /// <param name="IsWrite">Whether it is a store.</param>
    public sealed record Mmio(GuestPhysicalAddress Address, int Size, bool IsWrite) : VmExit;

    /// <summary>HLT; RIP is behind it.</summary>
    public sealed record Halt : VmExit;

    /// <summary>A store to a guarded page has been carried out, and its listener asked to leave.</summary>
    /// <param name="Address">First byte stored.</param>
    /// <param name="Size">Bytes.</param>
    public sealed record ProtectedWrite(GuestPhysicalAddress Address, int Size) : VmExit;

    /// <summary>A load from watched memory has been carried out, and its listener asked to leave.</summary>
    /// <param name="Address">First byte loaded.</param>
    /// <param name="Size">Bytes.</param>
    public sealed record WatchedLoad(GuestPhysicalAddress Address, int Size) : VmExit;

    /// <summary>One instruction has been executed by <see cref="Cpu.Vcpu.Step"/>.</summary>
    public sealed record DebugStep : VmExit;

    /// <summary>The instruction at a breakpoint is about to run.</summary>
    /// <param name="Address">Its address.</param>
    public sealed record Breakpoint(GuestVirtualAddress Address) : VmExit;

    /// <summary>An exception that the caller asked to see before it is delivered.</summary>
    /// <param name="Vector">Its vector.</param>
    /// <param name="ErrorCode">Its error code, where it has one.</param>
    /// <param name="IsSoftware">Whether an INT instruction raised it.</param>
    public sealed record GuestTrap(byte Vector, uint? ErrorCode, bool IsSoftware) : VmExit;

    /// <summary>The processor has shut down: an exception while a double fault was delivered.</summary>
    /// <param name="Cause">What could not be delivered.</param>
    public sealed record Shutdown(string Cause) : VmExit;

    /// <summary>A device is due, an interrupt can be taken, or a limit of the run is reached.</summary>
    public sealed record Deadline : VmExit;

    /// <summary>The next block's digest is not the expected one (<see cref="Time.IBlockTrail"/>).</summary>
    public sealed record TrailDiffers : VmExit;

    /// <summary>Another thread, or a handler, asked to stop.</summary>
    public sealed record StopRequested : VmExit;
}
