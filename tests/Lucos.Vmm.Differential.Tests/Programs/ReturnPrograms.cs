using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>IRETQ and far returns with good and bad frames.</summary>
internal static class ReturnPrograms
{
    internal static void Write(ProgramBuilder b)
    {
        Assembler a = b.Code;
        Label target = a.CreateLabel();
        ushort code = b.Chance(0.5) ? b.Pick(KernelCode, UserCode) : b.Pick(InterestingValues.Selectors);
        ushort stack = b.Chance(0.5) ? b.Pick(KernelData, UserData, (ushort)0) : b.Pick(InterestingValues.Selectors);
        ulong flags = b.Chance(0.5) ? b.Pick(InterestingValues.Flags) : (ulong)b.Random.Next() & 0x3f_7fd7;
        Push(a, stack);
        Push(a, b.Chance(0.7) ? b.Pick(UserStackTop, KernelStackTop - 0x800) : b.Pick(InterestingValues.BadAddresses));
        Push(a, flags & ~0x200UL);
        Push(a, code);
        if (b.Chance(0.8))
        {
            a.lea(rax, __[target]);
            a.push(rax);
        }
        else
        {
            Push(a, b.Pick(InterestingValues.BadAddresses));
        }

        Return(b);
        a.nop();
        a.Label(ref target);
        a.nop();
        a.nop();
        a.pushfq();
        a.pop(rbx);
        for (int i = 0; i < 6; i++)
        {
            b.Then(EventAction.Return with { Kind = b.Pick(ActionKind.Return, ActionKind.StopStepping, ActionKind.End) });
        }
    }

    private static void Return(ProgramBuilder b)
    {
        switch (b.Random.Next(12))
        {
            case 0:
                // IRETD, which takes five double words.
                b.Code.iretd();
                break;
            case 1:
                b.Code.db(0x48, 0xcb);
                break;
            default:
                b.Code.iretq();
                break;
        }
    }

    private static void Push(Assembler a, ulong value)
    {
        a.mov(rax, value);
        a.push(rax);
    }
}
