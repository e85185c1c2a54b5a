using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>String instructions over page borders, with faults in the middle that are repaired, and without.</summary>
internal static class StringPrograms
{
    internal static void Write(ProgramBuilder b)
    {
        Assembler a = b.Code;
        bool down = b.Chance(0.3);
        if (down)
        {
            a.std();
        }

        int source = b.Random.Next(0x1800, 0x2800);
        int destination = b.Random.Next(0x4800, 0x5800);
        a.mov(rsi, b.Chance(0.05) ? b.Pick(InterestingValues.BadAddresses) : Data + (ulong)source);
        a.mov(rdi, b.Chance(0.05) ? b.Pick(InterestingValues.BadAddresses) : Data + (ulong)destination);
        a.mov(rcx, (ulong)b.Random.Next(0, 0x900) / b.Pick<ulong>(1UL, 2, 4, 8, 64));
        if (b.Chance(0.3))
        {
            a.mov(rax, 0x5555_5555_5555_5555);
        }

        foreach (int page in (ReadOnlySpan<int>)[4 + 1, 4 + 2, 4 + 4, 4 + 5])
        {
            if (b.Chance(0.4))
            {
                b.SetPage(page, b.Pick(0UL, 1UL, 3UL, 5UL));
                b.Then(b.Chance(0.8) ? EventAction.WriteAndReturn(EntryOf(page), ProgramBuilder.PageEntry(page, 7)) : EventAction.Return);
            }
        }

        for (int page = 4; page < 12; page++)
        {
            b.Then(EventAction.WriteAndReturn(EntryOf(page), ProgramBuilder.PageEntry(page, 7)));
        }

        if (b.Chance(0.1))
        {
            b.Flags |= 0x100;
        }

        Instruction(b);
        a.pushfq();
        a.pop(rbx);
    }

    private static void Instruction(ProgramBuilder b)
    {
        Assembler a = b.Code;
        Action[] forms =
        [
            () => a.rep.movsb(), () => a.rep.movsw(), () => a.rep.movsd(), () => a.rep.movsq(),
            () => a.rep.stosb(), () => a.rep.stosw(), () => a.rep.stosd(), () => a.rep.stosq(),
            () => a.rep.lodsb(), () => a.rep.lodsq(), () => a.repe.cmpsb(), () => a.repne.cmpsb(), () => a.repe.cmpsq(), () => a.repne.cmpsd(),
            () => a.repe.scasb(), () => a.repne.scasb(), () => a.repne.scasq(), () => a.repne.scasw(),
            () => a.movsb(), () => a.movsq(), () => a.stosq(), () => a.lodsd(), () => a.cmpsw(), () => a.scasd(),
            () => a.db(0x67, 0xf3, 0xa4), () => a.db(0x67, 0xf3, 0x48, 0xab), () => a.db(0x64, 0xf3, 0xa4),
        ];
        b.Pick(forms)();
    }
}
