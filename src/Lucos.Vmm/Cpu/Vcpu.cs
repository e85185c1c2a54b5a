using System.Globalization;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Cpu;

/// <summary>A virtual processor. Not thread-safe: it belongs to the thread that runs the machine.</summary>
public sealed class Vcpu : IStateful
{
    private readonly GuestMemory _memory;

    internal Vcpu(int index, IVcpuBackend backend, GuestMemory memory)
    {
        Index = index;
        Backend = backend;
        _memory = memory;
    }

    /// <summary>Number of the processor, from 0.</summary>
    public int Index { get; }

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

    /// <summary>The address space that the processor is in now.</summary>
    public VirtualMemory AddressSpace => new(_memory, Registers.Cr3);

    /// <summary>Whether the processor has executed HLT and waits for an interrupt.</summary>
    public bool IsHalted { get; internal set; }

    /// <summary>Exceptions (bit n: vector n) that leave with <see cref="VmExit.GuestTrap"/> instead of being delivered.</summary>
    public uint InterceptedExceptions
    {
        get => Backend.InterceptedExceptions;
        set => Backend.InterceptedExceptions = value;
    }

    string IStateful.StateName => string.Create(CultureInfo.InvariantCulture, $"vcpu-{Index}");

    int IStateful.StateVersion => 1;

    internal IVcpuBackend Backend { get; }

    /// <summary>Runs until something has to be handled. <see cref="Machine.Run"/> is the loop around it.</summary>
    public VmExit Run() => Backend.Run();

    /// <summary>Executes one instruction, without taking interrupts.</summary>
    public VmExit Step() => Backend.StepInstruction();

    void IStateful.Save(StateWriter writer)
    {
        writer.WriteFlag(IsHalted);
        Backend.Save(writer);
    }

    void IStateful.Load(StateReader reader)
    {
        IsHalted = reader.ReadFlag();
        Backend.Load(reader);
    }
}
