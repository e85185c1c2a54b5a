using System.Globalization;
using Lucos.Vmm.Devices.Apic;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Cpu;

/// <summary>A virtual processor. Not thread-safe: it belongs to the thread that runs the machine.</summary>
public sealed class Vcpu : IStateful
{
    private readonly GuestMemory _memory;
    private VirtualMemory? _addressSpace;
    private int _exactStops;

    internal Vcpu(IVcpuBackend backend, LocalApic apic, GuestMemory memory)
    {
        Backend = backend;
        Apic = apic;
        State = apic.Id == 0 ? VcpuState.Running : VcpuState.WaitingForStart;
        _memory = memory;
    }

    /// <summary>Number of the processor, from 0.</summary>
    public int Index => Apic.Id;

    /// <summary>
    /// A snapshot of the registers, exact whenever the machine is not inside <see cref="Machine.Run"/>, and in hypercall handlers.
    /// Assign a changed snapshot to write it back.
    /// </summary>
    public RegisterFile Registers
    {
        get
        {
            Backend.ReadRegisters(out RegisterFile registers);
            return registers;
        }

        set => Backend.WriteRegisters(in value);
    }

    /// <summary>A copy of the x87 and SSE registers. Assign a changed copy to write it back.</summary>
    public FloatingPointFile FloatingPoint
    {
        get => Backend.ReadFloatingPoint();
        set => Backend.WriteFloatingPoint(value);
    }

    /// <summary>The address space that the processor is in now.</summary>
    public VirtualMemory AddressSpace
    {
        get
        {
            ulong cr3 = PageTables;
            return _addressSpace?.Cr3 == cr3 ? _addressSpace : _addressSpace = new VirtualMemory(_memory, cr3);
        }
    }

    /// <summary>CR3, by itself: a snapshot of all registers costs far more.</summary>
    public ulong PageTables => Backend.PageTables;

    /// <summary>What it is doing.</summary>
    public VcpuState State { get; internal set; }

    /// <summary>Whether the processor has executed HLT and waits for an interrupt.</summary>
    public bool IsHalted => State is VcpuState.Halted or VcpuState.HaltedForever;

    /// <summary>Whether it stands inside a block, where debuggers and guards have it stop: it alone runs on, to the block's end, before anything else may happen.</summary>
    internal bool IsInsideBlock => State == VcpuState.Running && Backend.IsInsideBlock;

    /// <summary>Its local APIC.</summary>
    public LocalApic Apic { get; }

    /// <summary>Exceptions (bit n: vector n) that leave with <see cref="VmExit.GuestTrap"/> instead of being delivered.</summary>
    public uint InterceptedExceptions
    {
        get => Backend.InterceptedExceptions;
        set => Backend.InterceptedExceptions = value;
    }

    string IStateful.StateName => string.Create(CultureInfo.InvariantCulture, $"vcpu-{Index}");

    int IStateful.StateVersion => 3;

    internal IVcpuBackend Backend { get; }

    /// <summary>Runs until something has to be handled. <see cref="Machine.Run"/> is the loop around it.</summary>
    public VmExit Run() => Backend.Run();

    /// <summary>Executes one instruction, without taking interrupts.</summary>
    public VmExit Step() => Backend.StepInstruction();

    void IStateful.Save(StateWriter writer)
    {
        writer.WriteInt32((int)State);
        Backend.Save(writer);
    }

    void IStateful.Load(StateReader reader)
    {
        State = reader.ReadEnum<VcpuState>();
        Backend.Load(reader);
    }

    // More or fewer of those who want to stop right behind an access.
    internal void CountExactStops(int change)
    {
        _exactStops += change;
        Backend.LeavesBehindAccesses = _exactStops > 0;
    }

    internal void Halt() => State = Backend.InterruptsEnabled ? VcpuState.Halted : VcpuState.HaltedForever;

    /// <summary>INIT. The boot processor, which nobody could start again, ignores it.</summary>
    internal void HoldForStart()
    {
        if (Index != 0)
        {
            Apic.Reset();
            State = VcpuState.WaitingForStart;
        }
    }

    /// <summary>A start-up message; ignored by a processor that does not wait for one (Intel SDM vol. 3 section 9.4.4).</summary>
    /// <param name="page">Number of the page, below 1 MiB, at which it starts in real mode.</param>
    internal void Start(byte page)
    {
        if (State == VcpuState.WaitingForStart)
        {
            Backend.StartInRealMode(page);
            State = VcpuState.Running;
        }
    }
}
