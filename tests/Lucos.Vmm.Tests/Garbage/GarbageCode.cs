using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests.Garbage;

/// <summary>Code that nobody would write.</summary>
internal static class GarbageCode
{
    private const int LongestInstruction = 15;

    private static readonly uint[] s_registers =
    [
        0xc000_0080, 0xc000_0081, 0xc000_0082, 0xc000_0083, 0xc000_0084, 0xc000_0100, 0xc000_0101, 0xc000_0102, 0xc000_0103,
        0x10, 0x1b, 0x174, 0x175, 0x176, 0x1d9, 0x200, 0x201, 0x277, 0x2ff, 0x400, 0x6e0, 0x802, 0xc001_0117,
    ];

    private static readonly ushort[] s_ports =
    [
        0x20, 0x21, 0x40, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0xa0, 0xa1, 0x3f8, 0x3f9, 0x3fb, 0x3fc, 0x3fd, 0x4c55, 0x4c59,
    ];

    /// <summary>Random bytes.</summary>
    internal static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Random instructions, every one of which decodes.</summary>
    internal static byte[] Instructions(Random random, int length)
    {
        List<byte> code = [];
        while (code.Count < length)
        {
            byte[] bytes = Bytes(random, LongestInstruction);
            Decoder decoder = Decoder.Create(64, bytes);
            Instruction instruction = decoder.Decode();
            if (!instruction.IsInvalid)
            {
                code.AddRange(bytes.AsSpan(0, instruction.Length));
            }
        }

        return [.. code];
    }

    /// <summary>Instructions of the kind that only a kernel uses, with some ordinary ones between.</summary>
    internal static byte[] SystemInstructions(Random random, int count)
    {
        Assembler assembler = new(64);
        for (int i = 0; i < count; i++)
        {
            Add(assembler, random);
        }

        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), BareGuest.CodeBase);
        return stream.ToArray();
    }

    /// <summary>A value that some check might have forgotten.</summary>
    internal static ulong Value(Random random) => random.Next(8) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => 1UL << random.Next(64),
        3 => (ulong)random.NextInt64(),
        4 => 0xfee0_0000 + (16 * (ulong)random.Next(64)),
        5 => (ulong)random.Next(32 << 20),
        6 => 0xffff_8000_0000_0000 + (ulong)random.Next(1 << 20),
        _ => 0x200000 + (ulong)random.Next(0x4000),
    };

    private static void Add(Assembler a, Random random)
    {
        ulong value = Value(random);
        switch (random.Next(28))
        {
            case 0:
                a.mov(rax, value);
                a.mov(random.Next(4) switch { 0 => cr0, 1 => cr2, 2 => cr3, _ => cr4 }, rax);
                break;
            case 1:
                a.mov(rax, cr0);
                a.btc(rax, (byte)random.Next(32));
                a.mov(cr0, rax);
                break;
            case 2:
                a.mov(rax, cr4);
                a.btc(rax, (byte)random.Next(24));
                a.mov(cr4, rax);
                break;
            case 3:
                a.mov(ecx, s_registers[random.Next(s_registers.Length)]);
                a.rdmsr();
                break;
            case 4:
                a.mov(ecx, s_registers[random.Next(s_registers.Length)]);
                a.mov(eax, (uint)value);
                a.mov(edx, random.Next(3) == 0 ? (uint)(value >> 32) : 0);
                a.wrmsr();
                break;
            case 5:
                a.mov(rbx, value);
                a.lgdt(__[rbx]);
                break;
            case 6:
                a.mov(rbx, value);
                a.lidt(__[rbx]);
                break;
            case 7:
                a.mov(eax, (uint)random.Next(0x80));
                a.ltr(ax);
                break;
            case 8:
                a.mov(eax, (uint)random.Next(0x80));
                a.lldt(ax);
                break;
            case 9:
                a.mov(eax, (uint)random.Next(0x80));
                a.mov(random.Next(5) switch { 0 => ds, 1 => es, 2 => fs, 3 => gs, _ => ss }, ax);
                break;
            case 10:
                a.mov(dx, s_ports[random.Next(s_ports.Length)]);
                a.mov(eax, (uint)value);
                a.@out(dx, al);
                break;
            case 11:
                a.mov(dx, s_ports[random.Next(s_ports.Length)]);
                a.@in(eax, dx);
                break;
            case 12:
                a.mov(rbx, value);
                a.mov(__dword_ptr[rbx], (uint)random.Next());
                break;
            case 13:
                a.mov(rbx, value);
                a.mov(rax, __qword_ptr[rbx]);
                break;
            case 14:
                a.@int((byte)random.Next(256));
                break;
            case 15:
                a.push((int)(uint)random.Next(0x60));
                a.push((int)value);
                a.pushfq();
                a.push(random.Next(0x60));
                a.push((int)value);
                a.iretq();
                break;
            case 16:
                a.mov(rcx, value);
                a.mov(r11, value);
                a.sysretq();
                break;
            case 17:
                a.syscall();
                break;
            case 18:
                a.mov(ecx, (uint)random.Next(1 << 12));
                a.mov(rdi, value);
                a.mov(rsi, Value(random));
                a.rep.movsb();
                break;
            case 19:
                a.mov(rbx, value);
                a.fxrstor(__[rbx]);
                break;
            case 20:
                a.mov(rbx, value);
                a.invlpg(__[rbx]);
                break;
            case 21:
                a.mov(rax, value);
                a.mov(random.Next(6) switch { 0 => dr0, 1 => dr1, 2 => dr2, 3 => dr3, 4 => dr6, _ => dr7 }, rax);
                break;
            case 22:
                a.sti();
                break;
            case 23:
                a.sti();
                a.hlt();
                break;
            case 24:
                a.mov(rsp, value);
                break;
            case 25:
                a.push((int)value);
                a.popfq();
                break;
            case 26:
                a.mov(rax, value);
                a.jmp(rax);
                break;
            default:
                a.db(Instructions(random, 24));
                break;
        }
    }
}
