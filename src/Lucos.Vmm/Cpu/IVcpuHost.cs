using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu;

/// <summary>What a backend asks the machine for in the middle of an instruction, where leaving the guest would cost too much.</summary>
public interface IVcpuHost
{
    /// <summary>Virtual nanoseconds, for RDTSC; charges its price.</summary>
    ulong ReadTimestamp();

    /// <summary>IN.</summary>
    uint ReadPort(ushort port, int size);

    /// <summary>OUT to any port but the hypercall's.</summary>
    void WritePort(ushort port, int size, uint value);

    /// <summary>Reads device memory, in place. Returns false when no device is there.</summary>
    bool TryReadDevice(GuestPhysicalAddress address, int size, out uint value);

    /// <summary>Writes device memory, in place. Returns false when no device is there.</summary>
    bool TryWriteDevice(GuestPhysicalAddress address, int size, uint value);

    /// <summary>How stores to the page that holds an address are carried out.</summary>
    StoreMethod MethodOf(GuestPhysicalAddress address, int size);

    /// <summary>Makes a store that lies in one page.</summary>
    void WriteGuarded(GuestPhysicalAddress address, int size, ulong value);

    /// <summary>Tells the listeners of a store that is made, if its page is guarded.</summary>
    void Stored(in GuardedStore store);

    /// <summary>Tells of a load from a page that is guarded against loads, before it happens.</summary>
    void Loading(in GuardedLoad load);

    /// <summary>Whether a listener waits for the boundary behind a processor's stores and loads.</summary>
    bool IsStoreBoundaryDue(int cpu);

    /// <summary>Lets the listeners act at a boundary between two runs. Returns why to leave, or null to go on.</summary>
    VmExit? EnterStoreBoundary(int cpu);

    /// <summary>Why to leave right behind a storing instruction, also inside a block, or null to go on.</summary>
    VmExit? TakeExactStop(int cpu);

    /// <summary>Whether the breakpoint instruction at an address is a return stub.</summary>
    bool IsStub(ulong address);

    /// <summary>Lets the owner of a stub set RIP, between two runs.</summary>
    void ReturnToStub(int cpu, ulong address);

    /// <summary>Tells of a load from watched memory. Returns whether to leave behind the instruction.</summary>
    bool LoadedFromWatched(GuestPhysicalAddress address, int size);

    /// <summary>At a block boundary where the countdown has run out: arms it again, and returns why to leave, or null to go on.</summary>
    /// <param name="vcpu">The backend that asks; it is asked back whether an interrupt can be taken.</param>
    VmExit? Poll(IVcpuBackend vcpu);

    /// <summary>Has <see cref="Poll"/> called at the next block boundary.</summary>
    void PollAtNextBlock();
}
