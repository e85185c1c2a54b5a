using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>TF: single steps over instructions of all kinds, set at the start, by POPF, or by IRETQ.</summary>
internal static class SteppingPrograms
{
    internal static void Write(ProgramBuilder b)
    {
        Assembler a = b.Code;
        b.SetGate(0x80, ProgramBuilder.Handler(0x80), attributes: 0xee);
        b.SetGate(3, ProgramBuilder.Handler(3), attributes: 0xee);
        a.mov(ebx, (uint)Data);
        if (b.Chance(0.5))
        {
            b.Flags |= 0x100;
        }
        else
        {
            a.pushfq();
            a.or(__dword_ptr[rsp], 0x100);
            a.popfq();
        }

        int count = b.Random.Next(2, 7);
        for (int i = 0; i < count; i++)
        {
            Instruction(b);
        }

        if (b.Chance(0.5))
        {
            a.pushfq();
            a.and(__dword_ptr[rsp], ~0x100);
            a.popfq();
            a.nop();
        }

        int stop = b.Random.Next(3, 14);
        for (int i = 0; i < MaxActions; i++)
        {
            b.Then(i == stop ? new EventAction(ActionKind.StopStepping) : EventAction.Return);
        }
    }

    private static void Instruction(ProgramBuilder b)
    {
        Assembler a = b.Code;
        List<Action> forms =
        [
            () => a.nop(), () => a.add(rax, rcx), () => a.mov(__[rbx], rax), () => a.@int(0x80), () => a.int3(), () => a.int1(),
            () => { a.pushfq(); a.pop(rdx); }, () => { a.pushfq(); a.popfq(); },
            () => { a.mov(ecx, 3); a.mov(rdi, Data + 0x800); a.rep.stosb(); }, () => { a.xor(ecx, ecx); a.mov(rdi, Data); a.rep.stosb(); },
            () => { a.mov(eax, b.StackSelector); a.mov(ss, ax); a.nop(); }, () => { a.mov(eax, b.StackSelector); a.mov(ss, ax); a.ud2(); },
            () => { a.call(b.Address + 0x300); }, () => a.ud2(), () => { a.xor(ecx, ecx); a.div(ecx); },
            () => { a.mov(rdx, 0); a.mov(rax, __qword_ptr[rdx]); }, () => a.jmp(rbp), () => a.xchg(rax, rdx),
            () => { a.mov(eax, b.StackSelector); a.mov(ss, ax); a.@int(0x80); }, () => { a.push(rax); a.pop(rax); },
            () => { a.movups(__xmmword_ptr[rbx], xmm0); },
            () => a.syscall(), () => { a.lea(rdx, __[rsp]); a.push(b.StackSelector); a.push(rdx); a.push(0x102); a.push(b.CodeSelector); ReturnToNext(a); },
        ];
        if (!b.IsUser)
        {
            forms.AddRange(
            [
                () => { a.mov(rax, cr0); a.mov(cr0, rax); }, () => { a.mov(rax, cr3); a.mov(cr3, rax); },
                () => { a.mov(eax, 0x10); a.mov(ds, ax); }, () => a.swapgs(), () => a.invlpg(__[rbx]),
                () => { a.mov(ecx, 0xc000_0080); a.rdmsr(); a.wrmsr(); }, () => a.clts(), () => { a.mov(dx, 0x80); a.@out(dx, al); },
            ]);
        }

        b.Pick(forms.ToArray())();
    }

    private static void ReturnToNext(Assembler a)
    {
        Label next = a.CreateLabel();
        a.lea(rdx, __[next]);
        a.push(rdx);
        a.iretq();
        a.Label(ref next);
    }
}
