using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>Software interrupts and exceptions through gates of every kind, good and bad, and faults while an event is delivered.</summary>
internal static class GatePrograms
{
    internal static void Write(ProgramBuilder b)
    {
        int vector = b.Pick(0, 1, 3, 4, 6, 8, 13, 14, 0x20, 0x80, 0xff);
        RandomGate(b, vector);
        MaybeShortenTables(b);
        Trigger(b, vector);
        b.Code.nop();
        for (int i = 0; i < 3; i++)
        {
            b.Then(EventAction.Return with { Kind = b.Pick(ActionKind.Return, ActionKind.Skip, ActionKind.End), First = 2 });
        }
    }

    internal static void WriteNested(ProgramBuilder b)
    {
        int vector = b.Pick(0, 3, 6, 13, 14, 0x80);
        int breaks = b.Random.Next(1, 3);
        for (int i = 0; i < breaks; i++)
        {
            Break(b, vector);
        }

        // Shutdown costs a reset: most programs keep their double fault on a stack of its own.
        b.SetGate(8, ProgramBuilder.Handler(8), ist: (byte)(b.Chance(0.93) ? 2 : 0));
        Trigger(b, vector);
        b.Code.nop();
        if (b.Chance(0.3))
        {
            b.Then(EventAction.Return);
        }
    }

    // A handler in ring 3 never gets to the harness: what a fault pushed would stay as it is, with RF or without.
    private static bool IsRing3Code(ushort selector) => (selector & 0xfff8) is 0x28 or 0x50 or 0x88 or 0xb0;

    private static void RandomGate(ProgramBuilder b, int vector)
    {
        byte type = b.Chance(0.7) ? b.Pick((byte)0xe, (byte)0xf) : (byte)b.Random.Next(32);
        byte attributes = (byte)(type | (b.Random.Next(4) << 5) | (b.Chance(0.85) ? 0x80 : 0));

        // Page faults of a handler in ring 3, which may not read the harness's code, would never end.
        ushort selector = b.Chance(0.6) || vector is 8 or 14 ? KernelCode : b.Pick(InterestingValues.Selectors);
        if (vector < 0x20 && IsRing3Code(selector))
        {
            selector = KernelData;
        }

        ulong offset = vector < 0x20 || b.Chance(0.8) ? ProgramBuilder.Handler(vector) : b.Pick(InterestingValues.BadAddresses);
        b.SetGate(vector, offset, selector, attributes, (byte)(b.Chance(0.6) || selector != KernelCode ? 0 : b.Random.Next(4)));
    }

    private static void MaybeShortenTables(ProgramBuilder b)
    {
        if (b.IsUser || !b.Chance(0.15))
        {
            return;
        }

        // LIDT with a shorter limit; from the stack, which every program may write.
        Assembler a = b.Code;
        a.mov(rax, (Idt << 16) | (ulong)(ushort)((b.Pick(0x20, 0x80, 0xff, 15, 14) * 16) + b.Pick(0, 14, 15)));
        a.mov(edx, (uint)(Idt >> 48));
        a.push(rdx);
        a.push(rax);
        a.lidt(__[rsp]);
        a.add(rsp, 16);
    }

    private static void Break(ProgramBuilder b, int vector)
    {
        switch (b.Random.Next(11))
        {
            case 0:
                RandomGate(b, vector);
                break;
            case 1:
                RandomGate(b, b.Pick(10, 11, 12, 13, 14));
                break;
            case 2:
                // Ring 0 stack from the task-state segment.
                b.Patch(Physical(Tss) + 4, BadStack(b));
                break;
            case 3:
                b.Patch(Physical(Tss) + 36, BadStack(b));
                b.SetGate(vector, ProgramBuilder.Handler(vector), attributes: 0xee, ist: 1);
                break;
            case 4:
                b.SetPage(18, b.Pick(0UL, 1UL, 5UL));
                break;
            case 5:
                b.SetPage(20, b.Pick(0UL, 1UL, 5UL));
                b.SetGate(vector, ProgramBuilder.Handler(vector), ist: 1, attributes: 0xee);
                break;
            case 10:
                // A task-state segment that ends inside IST3.
                b.Patch(Physical(Gdt) + TaskState, 0x4000_8900_0000_0000 | ((Tss & 0xff_ffff) << 16) | 0x3a);
                b.SetGate(vector, ProgramBuilder.Handler(vector), attributes: 0xee, ist: 3);
                break;
            case 6:
                b.SetPage(27, 0);
                break;
            case 7:
                b.StackPointer = b.Pick(WindowPage(17) + 8, WindowPage(17) + 16, WindowPage(14) + 8, WindowPage(15) + 16, InterestingValues.LowestNonCanonical);
                break;
            case 8:
                // A frame that crosses into a page that is absent, or read-only.
                b.Patch(Physical(Tss) + 4, WindowPage(18) + (ulong)b.Random.Next(1, 48));
                b.SetPage(17, b.Pick(0UL, 1UL, 3UL));
                break;
            default:
                b.Patch(Physical(Gdt) + 0x8, b.Pick<ulong>(0x00af_1b00_0000_ffffUL, 0x00cf_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0));
                break;
        }
    }

    // QEMU raises #GP where a push just below the upper half is #SS.
    private static ulong BadStack(ProgramBuilder b)
    {
        ulong address = b.Pick(InterestingValues.BadAddresses);
        return address == 0xffff_8000_0000_0000 ? 0 : address;
    }

    private static void Trigger(ProgramBuilder b, int vector)
    {
        Assembler a = b.Code;
        if (b.Chance(0.5))
        {
            Interrupt(a, vector);
            return;
        }

        switch (vector)
        {
            case 0:
                a.xor(ecx, ecx);
                a.div(rcx);
                break;
            case 6:
                a.ud2();
                break;
            case 13:
                a.mov(rax, InterestingValues.LowestNonCanonical);
                a.mov(rax, __qword_ptr[rax]);
                break;
            case 14:
                a.mov(eax, (uint)WindowPage(12));
                a.mov(__[rax], al);
                break;
            default:
                Interrupt(a, vector);
                break;
        }
    }

    private static void Interrupt(Assembler a, int vector)
    {
        switch (vector)
        {
            case 1:
                a.int1();
                break;
            case 3:
                a.int3();
                break;
            default:
                a.@int((byte)vector);
                break;
        }
    }
}
