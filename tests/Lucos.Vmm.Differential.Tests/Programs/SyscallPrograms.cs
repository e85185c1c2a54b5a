using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>SYSCALL and SYSRET with flags, masks and selectors of every kind, and SWAPGS.</summary>
internal static class SyscallPrograms
{
    internal static void Write(ProgramBuilder b)
    {
        Assembler a = b.Code;
        ulong flags = (b.Pick(InterestingValues.Flags) & ~0x202UL) | 2;
        if (b.IsUser)
        {
            b.Flags = flags;
            a.syscall();
            a.pushfq();
            a.pop(rbx);
        }
        else
        {
            Prepare(b);
            Label target = a.CreateLabel();
            a.lea(rcx, __[target]);
            if (b.Chance(0.2))
            {
                a.mov(rcx, b.Pick(InterestingValues.BadAddresses));
            }

            a.mov(r11, flags);
            if (b.Chance(0.5))
            {
                a.swapgs();
            }

            b.Pick<Action>(() => a.sysretq(), () => a.sysretq(), () => a.syscall(), () => a.db(0x0f, 0x07))();
            a.nop();
            a.Label(ref target);
            a.nop();
            a.pushfq();
            a.pop(rbx);
            a.syscall();
        }

        for (int i = 0; i < 4; i++)
        {
            b.Then(new EventAction(b.Pick(ActionKind.Sysret, ActionKind.Sysret, ActionKind.Return, ActionKind.End)));
        }
    }

    private static void Prepare(ProgramBuilder b)
    {
        Assembler a = b.Code;
        if (b.Chance(0.3))
        {
            WriteMsr(a, 0xc000_0081, ((ulong)b.Pick(InterestingValues.Selectors) << 48) | ((ulong)b.Pick(InterestingValues.Selectors) << 32));
        }

        if (b.Chance(0.3))
        {
            WriteMsr(a, 0xc000_0084, (ulong)b.Random.Next() & 0x3f_7fd5);
        }

        if (b.Chance(0.15))
        {
            WriteMsr(a, 0xc000_0080, 0xd00);
        }
    }

    private static void WriteMsr(Assembler a, uint index, ulong value)
    {
        a.mov(ecx, index);
        a.mov(eax, (uint)value);
        a.mov(edx, (uint)(value >> 32));
        a.wrmsr();
    }
}
