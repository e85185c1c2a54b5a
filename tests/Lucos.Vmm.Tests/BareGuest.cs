using System.Buffers.Binary;
using Iced.Intel;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>
/// A machine without a kernel: descriptor tables, a task-state segment and user pages are laid out by hand, and every vector's handler
/// powers off with 0x100 + vector, so a test reads the frame that was pushed at RSP.
/// <code>
/// 0x100000 code   0x110000 default handlers   0x200000 GDT   0x201000 IDT   0x202000 TSS   0x203000 scratch
/// 0x210000 RSP0   0x220000 IST1   0x230000 boot stack   0x400000 user code   0x500000 user stack   0x600000 page tables
/// </code>
/// </summary>
internal sealed class BareGuest : IDisposable
{
    internal const ulong CodeBase = 0x100000;
    internal const ulong Handlers = 0x110000;
    internal const ulong Gdt = 0x200000;
    internal const ulong Idt = 0x201000;
    internal const ulong Tss = 0x202000;
    internal const ulong Scratch = 0x203000;
    internal const ulong KernelStack = 0x210000;
    internal const ulong Ist1 = 0x220000;
    internal const ulong BootStack = 0x230000;
    internal const ulong UserCode = 0x400000;
    internal const ulong UserStack = 0x500000;
    internal const ulong PageTables = 0x600000;
    internal const uint TrapBase = 0x100;
    internal const ushort KernelCode = 0x10;
    internal const ushort KernelData = 0x18;
    internal const ushort UserData = 0x2b;
    internal const ushort UserCodeSelector = 0x33;
    private const ulong Pml4 = 0x4000;
    private const ulong Pdpt = 0x5000;
    private const ulong Directory = 0x6000;
    private const int HandlerSize = 16;
    private ulong _next = CodeBase;

    internal BareGuest(int cpus = 1, ulong seed = 1, bool keepsTrail = false)
    {
        Machine = new Machine(new MachineOptions { MemoryBytes = 32 << 20, CpuCount = cpus, Seed = seed, KeepsTrail = keepsTrail });
        WriteTables();
        for (int vector = 0; vector < 256; vector++)
        {
            WriteDefaultHandler(vector);
            SetGate((byte)vector, Handlers + (ulong)(vector * HandlerSize));
        }

        MapUser();
    }

    internal Machine Machine { get; }

    internal Vcpu Cpu => Machine.Vcpus[0];

    internal RegisterFile Registers => Cpu.Registers;

    public void Dispose() => Machine.Dispose();

    /// <summary>Assembles the boot code: descriptor tables are loaded, then the body runs in ring 0.</summary>
    internal void Boot(Action<Assembler> body)
    {
        Assemble(CodeBase, a =>
        {
            a.lgdt(__[Scratch + 0xf00]);
            a.lidt(__[Scratch + 0xf10]);
            a.mov(eax, 0x38);
            a.ltr(ax);
            a.mov(rsp, BootStack);
            body(a);
        });
    }

    /// <summary>Boot code that goes to ring 3 with the given flags.</summary>
    internal void BootToUser(Action<Assembler> user, uint flags = 0x2)
    {
        Assemble(UserCode, user);
        Boot(a =>
        {
            a.push(UserData);
            a.push((int)UserStack);
            a.push((int)flags);
            a.push(UserCodeSelector);
            a.push((int)UserCode);
            a.iretq();
        });
    }

    internal ulong Assemble(ulong address, Action<Assembler> body)
    {
        Assembler assembler = new(64);
        body(assembler);
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        Write(address, stream.ToArray());
        return address;
    }

    /// <summary>Puts a handler's code at an address of its own and points the gate at it.</summary>
    internal void Handle(byte vector, Action<Assembler> body, int ist = 0, int dpl = 0)
    {
        _next = _next == CodeBase ? 0x120000 : _next + 0x1000;
        SetGate(vector, Assemble(_next, body), ist, dpl);
    }

    internal void SetGate(byte vector, ulong handler, int ist = 0, int dpl = 0, bool present = true, ushort selector = KernelCode, byte type = 0xe)
    {
        Span<byte> gate = stackalloc byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(gate, (ushort)handler);
        BinaryPrimitives.WriteUInt16LittleEndian(gate[2..], selector);
        gate[4] = (byte)ist;
        gate[5] = (byte)((present ? 0x80 : 0) | (dpl << 5) | type);
        BinaryPrimitives.WriteUInt16LittleEndian(gate[6..], (ushort)(handler >> 16));
        BinaryPrimitives.WriteUInt32LittleEndian(gate[8..], (uint)(handler >> 32));
        Write(Idt + ((ulong)vector * 16), gate);
    }

    /// <summary>Maps one 4 KiB page at 1 GiB + <paramref name="index"/> pages to physical memory with the given entry bits.</summary>
    internal ulong MapSmall(int index, ulong physical, ulong bits)
    {
        Write64(Pml4, ReadPhysical(Pml4) | 4);
        Write64(Pdpt + 8, PageTables | 7);
        Write64(PageTables, (PageTables + 0x1000) | 7);
        Write64(PageTables + 0x1000 + ((ulong)index * 8), physical | bits);
        return (1UL << 30) + ((ulong)index * 4096);
    }

    internal MachineStop Run() => Machine.Run(RunLimits.ForBlocks(10_000_000));

    /// <summary>Runs and returns the vector whose default handler ended the run.</summary>
    internal int RunToTrap()
    {
        MachineStop stop = Run();
        Assert.That(stop, Is.InstanceOf<MachineStop.PowerOff>(), stop.ToString());
        return (int)(((MachineStop.PowerOff)stop).Value - TrapBase);
    }

    internal ulong Frame(int index) => ReadPhysical(Registers.Rsp + (8 * (ulong)index));

    internal ulong ReadPhysical(ulong address) => Machine.Memory.ReadUInt64(new GuestPhysicalAddress(address));

    internal void Write(ulong address, ReadOnlySpan<byte> bytes) => Machine.Memory.Write(new GuestPhysicalAddress(address), bytes);

    internal void Write64(ulong address, ulong value) => Machine.Memory.WriteUInt64(new GuestPhysicalAddress(address), value);

    internal static void WriteMsr(Assembler a, uint index, ulong value)
    {
        a.mov(ecx, index);
        a.mov(eax, (uint)value);
        a.mov(edx, (uint)(value >> 32));
        a.wrmsr();
    }

    internal static void PowerOff(Assembler a, uint value)
    {
        a.mov(eax, value);
        a.@out(0xf4, eax);
        a.hlt();
    }

    private void WriteDefaultHandler(int vector) => Assemble(Handlers + (ulong)(vector * HandlerSize), a => PowerOff(a, TrapBase + (uint)vector));

    private void WriteTables()
    {
        Write64(Gdt + 0x10, 0x00af_9b00_0000_ffff);
        Write64(Gdt + 0x18, 0x00cf_9300_0000_ffff);
        Write64(Gdt + 0x28, 0x00cf_f300_0000_ffff);
        Write64(Gdt + 0x30, 0x00af_fb00_0000_ffff);
        Write64(Gdt + 0x38, 0x0000_8900_0000_0067 | ((Tss & 0xffffff) << 16));
        Write64(Gdt + 0x40, 0);
        Write64(Tss + 4, KernelStack);
        Write64(Tss + 36, Ist1);
        WriteTableRegister(Scratch + 0xf00, Gdt, 0x47);
        WriteTableRegister(Scratch + 0xf10, Idt, 0xfff);
    }

    private void WriteTableRegister(ulong at, ulong address, ushort limit)
    {
        Span<byte> bytes = stackalloc byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, limit);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[2..], address);
        Write(at, bytes);
    }

    // The large page that holds user code and the stack below 0x600000 is opened to ring 3.
    private void MapUser()
    {
        Write64(Pml4, ReadPhysical(Pml4) | 4);
        Write64(Pdpt, ReadPhysical(Pdpt) | 4);
        Write64(Directory + 16, ReadPhysical(Directory + 16) | 4);
    }
}
