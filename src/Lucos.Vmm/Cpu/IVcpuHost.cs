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

    /// <summary>Carries out a store to a guarded page. Returns whether to leave at the next boundary.</summary>
    bool StoreToGuardedPage(GuestPhysicalAddress address, int size, ulong value);

    /// <summary>Tells of a store by the host on the processor's behalf. Returns whether to leave at the next boundary.</summary>
    bool StoredOnBehalf(GuestPhysicalAddress address, int size);

    /// <summary>Tells of a load from watched memory. Returns whether to leave behind the instruction.</summary>
    bool LoadedFromWatched(GuestPhysicalAddress address, int size);

    /// <summary>At a block boundary where the countdown has run out: arms it again, and returns why to leave, or null to go on.</summary>
    /// <param name="vcpu">The backend that asks; it is asked back whether an interrupt can be taken.</param>
    VmExit? Poll(IVcpuBackend vcpu);

    /// <summary>Has <see cref="Poll"/> called at the next block boundary.</summary>
    void PollAtNextBlock();
}
