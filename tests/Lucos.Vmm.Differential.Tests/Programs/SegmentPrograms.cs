using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>Loads of segment and table registers from every kind of descriptor.</summary>
internal static class SegmentPrograms
{
    internal static void Write(ProgramBuilder b)
    {
        Assembler a = b.Code;
        for (int i = 0; i < 3; i++)
        {
            ushort selector = b.Pick(InterestingValues.Selectors);
            a.mov(eax, selector);
            a.mov(rbx, Data);
            a.mov(__dword_ptr[rbx], 0x1234);
            a.mov(__[rbx + 4], ax);
            a.mov(__[rbx + 6], ax);
            a.nop();
            Load(b, a);
            b.Then(EventAction.Return with { Kind = ActionKind.Skip, First = 2 });
        }

        a.mov(eax, __dword_ptr.fs[rbx]);
    }

    private static void Load(ProgramBuilder b, Assembler a)
    {
        Action[] forms =
        [
            () => a.mov(ds, ax), () => a.mov(es, ax), () => a.mov(fs, ax), () => a.mov(gs, ax), () => a.mov(ss, ax),
            () => a.ltr(ax), () => a.lldt(ax), () => a.lar(cx, ax), () => a.lsl(cx, ax), () => a.verr(ax), () => a.verw(ax),
            () => a.db(0x0f, 0xb2, 0x0b), () => a.db(0x0f, 0xb4, 0x0b), () => { a.push(rax); a.pop(fs); }, () => { a.push(rax); a.pop(gs); },
            () => a.lar(cx, ax), () => a.lsl(cx, ax), () => a.str(ecx), () => a.sldt(ecx), () => a.db(0x8e, 0xc8),
            () => a.verw(ax), () => { a.push(rax); a.push(rbx); a.db(0x48, 0xcb); },
        ];
        b.Pick(forms)();
        a.nop();
        a.nop();
        a.nop();
    }
}
