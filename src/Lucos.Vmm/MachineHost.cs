using Lucos.Vmm.Cpu;
using Lucos.Vmm.Devices.Apic;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Time;

namespace Lucos.Vmm;

/// <summary>What the machine answers a backend in the middle of a run, and what other threads have asked for.</summary>
internal sealed class MachineHost(Machine machine) : IVcpuHost
{
    private static readonly VmExit.Deadline s_deadline = new();
    private static readonly VmExit.StopRequested s_stopRequested = new();
    private volatile bool _stopRequested;
    private int _runningThread;
    private ulong _blockLimit = ulong.MaxValue;

    internal bool StopRequested
    {
        set => _stopRequested = value;
    }

    /// <summary>The stop that a device asked for and the run has not returned yet.</summary>
    internal MachineStop? DeviceStop { get; set; }

    internal bool IsRunning => _runningThread != 0;

    internal ulong TimeLimit { get; private set; } = ulong.MaxValue;

    public ulong ReadTimestamp()
    {
        machine.Clock.Spend(VirtualClock.TimestampCost);
        return machine.Clock.Now;
    }

    public uint ReadPort(ushort port, int size)
    {
        machine.Clock.Spend(VirtualClock.PortAccessCost);
        return machine.Ports.Read(port, size);
    }

    public void WritePort(ushort port, int size, uint value)
    {
        machine.Clock.Spend(VirtualClock.PortAccessCost);
        machine.Ports.Write(port, size, value);
    }

    // The local APIC is the only device in memory; each processor sees its own.
    public bool TryReadDevice(GuestPhysicalAddress address, int size, out uint value)
    {
        value = 0;
        if (!IsApic(address))
        {
            return false;
        }

        machine.Clock.Spend(VirtualClock.ApicAccessCost);
        value = machine.Current.Apic.Read((uint)(address.Value - LocalApic.BaseAddress), size);
        return true;
    }

    public bool TryWriteDevice(GuestPhysicalAddress address, int size, uint value)
    {
        if (!IsApic(address))
        {
            return false;
        }

        machine.Clock.Spend(VirtualClock.ApicAccessCost);
        machine.Current.Apic.Write((uint)(address.Value - LocalApic.BaseAddress), size, value);
        return true;
    }

    public bool IsStoreBoundaryDue(int cpu) => machine.Protection.BoundaryOf(cpu).IsDue;

    public StoreMethod MethodOf(GuestPhysicalAddress address, int size) => machine.Protection.MethodOf(address, size);

    public void WriteGuarded(GuestPhysicalAddress address, int size, ulong value) => machine.Protection.Write(address, size, value);

    public void Stored(in GuardedStore store) => machine.Protection.Notify(in store);

    public void Loading(in GuardedLoad load)
    {
        if (machine.Loads.Notify(in load) is { } listener)
        {
            machine.Protection.BoundaryOf(load.Cpu).Add(listener);
        }
    }

    public VmExit? EnterStoreBoundary(int cpu) => machine.Protection.BoundaryOf(cpu).Enter(machine.Vcpus[cpu]);

    public VmExit? TakeExactStop(int cpu) => machine.Protection.BoundaryOf(cpu).TakeExactStop();

    public bool IsStub(ulong address) => machine.Stubs.Contains(address);

    public void ReturnToStub(int cpu, ulong address) => machine.Stubs.Return(cpu, address);

    public bool LoadedFromWatched(GuestPhysicalAddress address, int size) => machine.Reads.Notify(address, size);

    public VmExit? Poll(IVcpuBackend vcpu)
    {
        AcceptRequests();
        if (_stopRequested || DeviceStop is not null)
        {
            return s_stopRequested;
        }

        VirtualClock clock = machine.Clock;
        ulong now = clock.Now;
        if (now >= machine.NextDeadline || now >= TimeLimit || clock.Blocks >= _blockLimit || machine.Turns.IsOver(now))
        {
            return s_deadline;
        }

        if (!machine.HasInterrupt(machine.Current))
        {
            Arm();
            return null;
        }

        // Waits for IF or for the end of the interrupt shadow: look again at every block.
        clock.Arm(0);
        return vcpu.CanTakeInterrupt() ? s_deadline : null;
    }

    public void PollAtNextBlock() => machine.Clock.CheckAtNextBlock();

    internal void Begin(RunLimits limits)
    {
        _runningThread = Environment.CurrentManagedThreadId;
        _blockLimit = Limit(machine.Clock.Blocks, limits.Blocks);
        TimeLimit = Limit(machine.Clock.Now, limits.Nanoseconds);
    }

    internal void End()
    {
        _runningThread = 0;
        _blockLimit = ulong.MaxValue;
        TimeLimit = ulong.MaxValue;
    }

    // Every block has a code byte at least, so as many bytes as blocks are left can't overrun a block limit.
    internal void Arm()
    {
        VirtualClock clock = machine.Clock;
        ulong now = clock.Now;
        ulong until = Math.Min(Math.Min(machine.NextDeadline, machine.Turns.End), TimeLimit);
        ulong slice = until > now ? until - now : 0;
        clock.Arm(machine.HasInterrupt(machine.Current) ? 0 : Math.Min(slice, _blockLimit - Math.Min(clock.Blocks, _blockLimit)));
    }

    internal void AcceptRequests()
    {
        machine.Console.AcceptInput();
        machine.Doorbell.Deliver();
    }

    internal MachineStop? TakeStop()
    {
        if (DeviceStop is not null)
        {
            MachineStop stop = DeviceStop;
            DeviceStop = null;
            return stop;
        }

        if (_stopRequested)
        {
            _stopRequested = false;
            return new MachineStop.StopRequested();
        }

        return machine.Clock.Blocks >= _blockLimit || machine.Clock.Now >= TimeLimit ? new MachineStop.Limit() : null;
    }

    // The countdown belongs to the machine's thread. Others only set their flag, which is looked at every PollInterval.
    internal void Wake()
    {
        if (Environment.CurrentManagedThreadId == _runningThread)
        {
            PollAtNextBlock();
        }
    }

    internal void PowerOff(uint value) => StopFor(new MachineStop.PowerOff(value));

    internal void Reset() => StopFor(new MachineStop.Reset());

    private static bool IsApic(GuestPhysicalAddress address) => address.Value - LocalApic.BaseAddress < 4096;

    private static ulong Limit(ulong start, ulong? span) => span is { } value && value < ulong.MaxValue - start ? start + value : ulong.MaxValue;

    private void StopFor(MachineStop stop)
    {
        DeviceStop ??= stop;
        PollAtNextBlock();
    }
}
