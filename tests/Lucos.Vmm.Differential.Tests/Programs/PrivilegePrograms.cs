using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>Instructions that ring 3 may not execute, ports without privilege, and bad values for control and model-specific registers.</summary>
internal static class PrivilegePrograms
{
    private const int SlotLength = 8;

    internal static void Write(ProgramBuilder b)
    {
        b.CodeSelector = UserCode;
        b.StackSelector = UserData;
        b.StackPointer = UserStackTop;
        b.Flags = b.Pick<ulong>(0x2UL, 0x3002, 0x1002, 0x202, 0x3202);
        b.Registers[2] = b.Pick<ulong>(0xed, 0x10e);
        b.Code.mov(ebx, (uint)Data);
        if (b.Chance(0.4))
        {
            // A task-state segment with an I/O bitmap for ports 0 to 0x10f.
            b.Patch(Physical(Gdt) + TaskState, 0x4000_8900_0000_0000 | ((Tss & 0xff_ffff) << 16) | b.Pick<ulong>(0x67, 0x68, 0x77, 0x78, 0x89));
            b.Patch(Physical(Tss) + IoBitmap + 0x10, (ulong)b.Random.NextInt64());
        }

        for (int i = 0; i < 5; i++)
        {
            Slot(b, a => Privileged(b, a));
            b.Then(new EventAction(ActionKind.Skip, SlotLength));
        }

        b.Code.pushfq();
        b.Code.pop(rcx);
    }

    internal static void WriteControl(ProgramBuilder b)
    {
        b.CodeSelector = KernelCode;
        b.StackSelector = KernelData;
        b.StackPointer = KernelStackTop - 0x400;
        for (int i = 0; i < 3; i++)
        {
            Control(b);
            b.Then(new EventAction(ActionKind.Skip, SlotLength));
        }
    }

    private static void Control(ProgramBuilder b)
    {
        Assembler a = b.Code;
        if (b.Chance(0.5))
        {
            uint msr = b.Pick<uint>(0xc000_0080u, 0xc000_0081, 0xc000_0082, 0xc000_0084, 0xc000_0100, 0xc000_0101, 0xc000_0102, 0x174, 0x175, 0x176, 0x277);
            a.mov(ecx, msr);
            a.mov(eax, (uint)b.Random.Next());
            a.mov(edx, b.Pick<uint>(0u, 1, 0x8000, 0x7fff, 0xffff_8000, 0xffff_ffff));
            if (msr == 0xc000_0080)
            {
                a.mov(eax, b.Pick<uint>(0xd01, 0xd00));
                a.xor(edx, edx);
            }

            Slot(b, s => s.wrmsr());
            Slot(b, s => s.rdmsr());
            return;
        }

        // Values without PE, PG or PAE are left out: QEMU takes them in long mode, where the manual asks for #GP.
        int form = b.Random.Next(9);
        a.mov(rax, form switch
        {
            0 => b.Pick<ulong>(0x8005_0033, 0x8004_0033, 0x8005_003b, 0xe005_0033, 0xc005_0033),
            1 => b.Pick<ulong>(0x620, 0x20, 0x6a0, 0x630),
            3 => b.Pick<ulong>(0, 0xf, 0xffff_0ff0, 0xffff_4ff0),
            _ => b.Pick<ulong>(0, 0xf, 0x10, 0x400, 0xffff_0ff0, ulong.MaxValue),
        });
        Slot(b, s => ((Action[])
        [
            () => s.mov(cr0, rax), () => s.mov(cr4, rax), () => s.mov(cr8, rax), () => s.mov(dr6, rax), () => s.db(0x0f, 0x22, 0xc8),
            () => s.db(0x0f, 0x22, 0xe8), () => s.lmsw(ax), () => s.clts(), () => s.db(0x0f, 0x20, 0xcb),
        ])[form]());
    }

    private static void Privileged(ProgramBuilder b, Assembler a)
    {
        Action[] forms =
        [
            () => a.hlt(), () => a.cli(), () => a.sti(), () => a.clts(), () => a.invd(), () => a.wbinvd(), () => a.swapgs(), () => a.sysretq(),
            () => a.rdmsr(), () => a.wrmsr(), () => a.lgdt(__[rbx]), () => a.lidt(__[rbx]), () => a.lldt(ax), () => a.ltr(ax), () => a.lmsw(ax),
            () => a.mov(rax, cr0), () => a.mov(cr0, rax), () => a.mov(rax, cr3), () => a.mov(cr3, rax), () => a.mov(cr4, rax), () => a.mov(rax, cr8),
            () => a.mov(rax, dr7), () => a.mov(dr7, rax), () => a.invlpg(__[rbx]), () => a.@in(al, 0x80), () => a.@out(0x80, al), () => a.@out(dx, al),
            () => a.@out(dx, ax), () => a.monitor(), () => a.sysexitq(), () => a.smsw(eax), () => a.sgdt(__[rbx]), () => a.sidt(__[rbx]),
            () => a.db(0x0f, 0x00, 0xd0), () => a.ud2(), () => a.db(0x0f, 0xff),
            () => a.db(0x06), () => a.db(0xce), () => a.db(0x27), () => a.db(0xd6), () => a.db(0xf0, 0x90), () => a.db(0xf0, 0x89, 0xc0),
            () => a.db(0x0f, 0x24, 0xc0), () => a.db(0x9a), () => a.db(0xea), () => a.db(0xc4, 0xc0), () => a.db(0x62), () => a.db(0x8f, 0xc8),
        ];
        b.Pick(forms)();
    }

    // An instruction, padded so that a handler can skip it.
    private static void Slot(ProgramBuilder b, Action<Assembler> write)
    {
        var one = new Assembler(64);
        write(one);
        using MemoryStream stream = new();
        one.Assemble(new StreamCodeWriter(stream), 0);
        byte[] bytes = stream.ToArray();
        b.Code.db(bytes);
        for (int i = bytes.Length; i < SlotLength; i++)
        {
            b.Code.nop();
        }
    }
}
