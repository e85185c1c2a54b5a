using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>A timer interrupt that is pending at the start: where it is taken after STI, POPF, IRETQ, MOV SS and HLT.</summary>
internal static class TimerPrograms
{
    internal static void Write(ProgramBuilder b)
    {
        Assembler a = b.Code;
        b.TimerPending = true;
        b.CodeSelector = KernelCode;
        b.StackSelector = KernelData;
        b.StackPointer = KernelStackTop - 0x400;
        b.SetGate(0x20, ProgramBuilder.Handler(0x20), ist: (byte)b.Random.Next(3));
        a.nop();
        switch (b.Random.Next(8))
        {
            case 0:
                a.sti();
                break;
            case 1:
                a.sti();
                a.cli();
                break;
            case 2:
                a.sti();
                a.hlt();
                break;
            case 3:
                a.push(0x202);
                a.popfq();
                break;
            case 4:
                a.sti();
                a.mov(eax, KernelData);
                a.mov(ss, ax);
                break;
            case 5:
                a.sti();
                a.ud2();
                break;
            case 6:
                Label next = a.CreateLabel();
                a.push(b.StackSelector);
                a.push(rsp);
                a.push(b.Pick(0x202, 0x302, 0x3202));
                a.push(KernelCode);
                a.lea(rax, __[next]);
                a.push(rax);
                a.iretq();
                a.Label(ref next);
                break;
            default:
                b.CodeSelector = UserCode;
                b.StackSelector = UserData;
                b.StackPointer = UserStackTop;
                b.Flags = 0x202;
                break;
        }

        int count = b.Random.Next(1, 4);
        for (int i = 0; i < count; i++)
        {
            a.add(rdx, 1);
        }

        for (int i = 0; i < 4; i++)
        {
            b.Then(EventAction.Return with { Kind = b.Pick(ActionKind.Return, ActionKind.StopStepping) });
        }
    }
}
