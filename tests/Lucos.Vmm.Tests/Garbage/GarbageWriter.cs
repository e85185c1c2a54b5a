using System.Buffers.Binary;
using Iced.Intel;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests.Garbage;

/// <summary>Puts garbage into a machine that <see cref="BareGuest"/> laid out.</summary>
internal sealed class GarbageWriter(Machine machine, Random random)
{
    private const int GateBytes = 16;
    private const int Vectors = 256;
    private const int PageBytes = 4096;
    private bool _startsOthers;

    internal void Code(ulong address, ReadOnlySpan<byte> code) => machine.Memory.Write(new GuestPhysicalAddress(address), code);

    internal void StartOthers() => _startsOthers = true;

    /// <summary>The entry and the garbage behind it, in ring 0.</summary>
    internal void Kernel(ReadOnlySpan<byte> code, bool withTimer)
    {
        int length = Boot(a =>
        {
            if (withTimer)
            {
                StartTimer(a);
            }

            LoadRegisters(a);
        });
        Code(BareGuest.CodeBase + (ulong)length, code);
    }

    /// <summary>The entry in ring 0, which goes to the garbage in ring 3.</summary>
    internal void User(ReadOnlySpan<byte> code)
    {
        Code(BareGuest.UserCode, code);
        int flags = random.Next(0x10000) & ~0x100;
        Boot(a =>
        {
            StartTimer(a);
            LoadRegisters(a);
            a.push(BareGuest.UserData);
            a.push((int)BareGuest.UserStack);
            a.push(flags | 2);
            a.push(BareGuest.UserCodeSelector);
            a.push((int)BareGuest.UserCode);
            a.iretq();
        });
    }

    /// <summary>What exceptions lead to: the powering-off handlers as they are, handlers that just return, or that skip a byte.</summary>
    internal void Handlers(int kind)
    {
        for (int vector = 0; vector < Vectors && kind > 0; vector++)
        {
            bool hasError = vector is 8 or (>= 10 and <= 14) or 17;
            Assemble(BareGuest.Handlers + (ulong)(vector * GateBytes), a =>
            {
                if (hasError)
                {
                    a.add(rsp, 8);
                }

                if (kind == 2)
                {
                    a.inc(__qword_ptr[rsp]);
                }

                a.iretq();
            });
        }
    }

    /// <summary>Random bits in the page tables that the machine starts on; the rest of RAM holds random entries to find.</summary>
    internal void Tables(ulong tables, int pages, int targets)
    {
        for (int i = 0; i < 8; i++)
        {
            ulong entry = tables + ((ulong)random.Next(pages) * PageBytes) + (8UL * (ulong)random.Next(random.Next(2) == 0 ? 4 : 512));
            machine.Memory.WriteUInt64(new GuestPhysicalAddress(entry), Entry());
        }

        for (int i = 0; i < targets; i++)
        {
            ulong entry = BareGuest.PageTables + (8UL * (ulong)random.Next(4 * 512));
            machine.Memory.WriteUInt64(new GuestPhysicalAddress(entry), Entry());
        }
    }

    /// <summary>Random gates, descriptors and task-state segment.</summary>
    internal void Descriptors()
    {
        for (int i = 0; i < Vectors; i++)
        {
            if (random.Next(2) == 0)
            {
                Code(BareGuest.Idt + (ulong)(i * GateBytes), Gate());
            }
        }

        for (int i = 0; i < 4; i++)
        {
            machine.Memory.WriteUInt64(new GuestPhysicalAddress(BareGuest.Gdt + (8UL * (ulong)random.Next(1, 8))), Scrambled(0x00af_9b00_0000_ffff));
        }

        for (int i = 0; i < 8; i++)
        {
            machine.Memory.WriteUInt64(new GuestPhysicalAddress(BareGuest.Tss + 4 + (8UL * (ulong)random.Next(12))), GarbageCode.Value(random));
        }
    }

    private int Boot(Action<Assembler> body) => Assemble(BareGuest.CodeBase, a =>
    {
        a.lgdt(__[BareGuest.Scratch + 0xf00]);
        a.lidt(__[BareGuest.Scratch + 0xf10]);
        a.mov(eax, 0x38);
        a.ltr(ax);
        a.mov(rsp, BareGuest.BootStack);
        if (_startsOthers)
        {
            a.mov(edi, (uint)SmpGuest.Apic);
            a.mov(__dword_ptr[rdi + 0xf0], 0x1ff);
            a.mov(__dword_ptr[rdi + 0x300], 0xc4500);
            a.mov(__dword_ptr[rdi + 0x300], 0xc4600 | (uint)(SmpGuest.Trampoline >> 12));
        }

        body(a);
    });

    private void StartTimer(Assembler a)
    {
        a.mov(al, 0x34);
        a.@out(0x43, al);
        a.mov(al, (sbyte)random.Next(128));
        a.@out(0x40, al);
        a.@out(0x40, al);
        a.mov(al, 0);
        a.@out(0x21, al);
        a.sti();
    }

    private void LoadRegisters(Assembler a)
    {
        AssemblerRegister64[] registers = [rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
        foreach (AssemblerRegister64 register in registers)
        {
            a.mov(register, GarbageCode.Value(random));
        }
    }

    private int Assemble(ulong address, Action<Assembler> body)
    {
        Assembler assembler = new(64);
        body(assembler);
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        Code(address, stream.ToArray());
        return (int)stream.Length;
    }

    private ulong Entry() => random.Next(4) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => ((ulong)random.Next(8192) << 12) | (uint)random.Next(256),
        2 => (0x4000UL + ((ulong)random.Next(3) << 12)) | 7,
        _ => ((ulong)random.Next(1 << 20) << 12) | 7 | ((ulong)random.Next(2) << 63),
    };

    private byte[] Gate()
    {
        byte[] gate = new byte[GateBytes];
        ulong handler = random.Next(3) == 0 ? BareGuest.CodeBase + (ulong)random.Next(0x8000) : GarbageCode.Value(random);
        BinaryPrimitives.WriteUInt16LittleEndian(gate, (ushort)handler);
        BinaryPrimitives.WriteUInt16LittleEndian(gate.AsSpan(2), random.Next(4) == 0 ? (ushort)random.Next(0x50) : BareGuest.KernelCode);
        gate[4] = (byte)(random.Next(2) == 0 ? 0 : random.Next(8));
        gate[5] = random.Next(4) == 0 ? (byte)random.Next(256) : (byte)0x8e;
        BinaryPrimitives.WriteUInt16LittleEndian(gate.AsSpan(6), (ushort)(handler >> 16));
        BinaryPrimitives.WriteUInt32LittleEndian(gate.AsSpan(8), (uint)(handler >> 32));
        return gate;
    }

    private ulong Scrambled(ulong descriptor) => descriptor ^ (1UL << random.Next(64)) ^ (random.Next(2) == 0 ? 1UL << random.Next(64) : 0);
}
