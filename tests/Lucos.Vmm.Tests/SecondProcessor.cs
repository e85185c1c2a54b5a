using Lucos.Vmm.Boot;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Cpu.Emulation;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Tests;

/// <summary>Another processor over a bare guest's RAM, without devices and without time.</summary>
internal sealed class SecondProcessor : IVcpuHost, IDisposable
{
    private const long Long = 1_000_000;
    private readonly EmulatedProcessors _processors;
    private readonly EmulatedVcpu _vcpu;

    internal SecondProcessor(BareGuest guest)
    {
        _processors = new EmulatedProcessors(guest.Machine.Memory, this);
        _vcpu = _processors.Create(0);
    }

    internal ulong Rax
    {
        get
        {
            _vcpu.ReadRegisters(out RegisterFile registers);
            return registers.Rax;
        }
    }

    public void Dispose()
    {
        _vcpu.Dispose();
        _processors.Dispose();
    }

    /// <summary>Runs code on the boot loader's page tables until its HLT.</summary>
    internal void RunToHalt(ulong entry)
    {
        _vcpu.Reset(new BootState(entry, BootLayout.Pml4, BootLayout.Gdt, 31, 0));
        Assert.That(_vcpu.Run(), Is.InstanceOf<VmExit.Halt>());
    }

    ulong IVcpuHost.ReadTimestamp() => throw new NotSupportedException();

    uint IVcpuHost.ReadPort(ushort port, int size) => throw new NotSupportedException();

    void IVcpuHost.WritePort(ushort port, int size, uint value) => throw new NotSupportedException();

    bool IVcpuHost.TryReadDevice(GuestPhysicalAddress address, int size, out uint value) => throw new NotSupportedException();

    bool IVcpuHost.TryWriteDevice(GuestPhysicalAddress address, int size, uint value) => throw new NotSupportedException();

    bool IVcpuHost.IsStoreBoundaryDue(int cpu) => false;

    StoreMethod IVcpuHost.MethodOf(GuestPhysicalAddress address, int size) => throw new NotSupportedException();

    void IVcpuHost.WriteGuarded(GuestPhysicalAddress address, int size, ulong value) => throw new NotSupportedException();

    void IVcpuHost.Stored(in GuardedStore store)
    {
    }

    void IVcpuHost.Loading(in GuardedLoad load)
    {
    }

    VmExit? IVcpuHost.EnterStoreBoundary(int cpu) => throw new NotSupportedException();

    VmExit? IVcpuHost.TakeExactStop(int cpu) => throw new NotSupportedException();

    bool IVcpuHost.IsStub(ulong address) => false;

    void IVcpuHost.ReturnToStub(int cpu, ulong address) => throw new NotSupportedException();

    bool IVcpuHost.LoadedFromWatched(GuestPhysicalAddress address, int size) => false;

    VmExit? IVcpuHost.Poll(IVcpuBackend vcpu)
    {
        _processors.Countdown = Long;
        return null;
    }

    void IVcpuHost.PollAtNextBlock() => _processors.Countdown = 0;
}
