using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>Page faults: each combination of rights and access, and operands of many instructions at bad addresses.</summary>
internal static class PageFaultPrograms
{
    private const int TargetPage = 6;

    internal static void WriteRights(ProgramBuilder b)
    {
        ulong rights = (uint)b.Random.Next(8) | (b.Chance(0.3) ? 1UL << 63 : 0) | (b.Chance(0.5) ? 1UL : 0);
        ulong reserved = b.Chance(0.15) ? 1UL << b.Pick(51, 48, 40) : 0;
        bool directory = b.Chance(0.25);
        if (directory)
        {
            b.Patch(PageDirectory + 8, (PageTable & ~0xfffUL) | rights | reserved);
            b.Patch(EntryOf(TargetPage), ProgramBuilder.PageEntry(TargetPage, 7));
        }
        else
        {
            b.SetPage(TargetPage, rights | reserved);
        }

        ulong target = WindowPage(TargetPage) + (directory ? 0x20_0000UL : 0) + (ulong)b.Random.Next(0x1000);
        if (!b.IsUser && b.Chance(0.4))
        {
            b.Code.mov(rax, cr0);
            b.Code.and(eax, 0xfffe_ffff);
            b.Code.mov(cr0, rax);
        }

        b.Code.mov(rbx, target);
        Access(b);
        b.Then(EventAction.WriteAndReturn(EntryOf(TargetPage), ProgramBuilder.PageEntry(TargetPage, 7)));
        b.Then(EventAction.Return);
    }

    internal static void WriteOperands(ProgramBuilder b)
    {
        Assembler a = b.Code;
        foreach (int page in (ReadOnlySpan<int>)[5, 7, 9])
        {
            b.SetPage(page, b.Pick(0UL, 1UL, 3UL, 5UL, 7UL, 7UL | (1UL << 40)));
        }

        for (int i = 0; i < 6; i++)
        {
            a.mov(rbx, b.Chance(0.3) ? b.Pick(InterestingValues.BadAddresses) : Data + ((ulong)b.Random.Next(8) * 0x1000) - (ulong)b.Random.Next(-16, 17));
            Label skip = a.CreateLabel();
            Operand(b);
            a.nop();
            b.Then(new EventAction(ActionKind.Skip, SkipLength));
        }
    }

    // Every access of Operand is padded to so many bytes, so that a handler can skip it.
    private const int SkipLength = 12;

    private static void Operand(ProgramBuilder b)
    {
        Assembler a = b.Code;
        var one = new Assembler(64);
        WriteOperand(b, one);
        using MemoryStream stream = new();
        one.Assemble(new StreamCodeWriter(stream), 0);
        byte[] bytes = stream.ToArray();
        a.db(bytes);
        for (int i = bytes.Length; i < SkipLength; i++)
        {
            a.nop();
        }
    }

    private static void WriteOperand(ProgramBuilder b, Assembler a)
    {
        Action[] forms =
        [
            () => a.mov(rax, __qword_ptr[rbx]), () => a.mov(__[rbx], rax), () => a.mov(__[rbx], ax), () => a.mov(al, __byte_ptr[rbx]),
            () => a.add(__[rbx], rcx), () => a.@lock.xadd(__[rbx], rcx), () => a.xchg(__[rbx], rdx), () => a.cmpxchg(__[rbx], rsi),
            () => a.@lock.cmpxchg16b(__[rbx]), () => a.cmpxchg8b(__[rbx]), () => a.push(__qword_ptr[rbx]), () => a.pop(__qword_ptr[rbx]),
            () => a.movups(xmm0, __xmmword_ptr[rbx]), () => a.movups(__xmmword_ptr[rbx], xmm0),
            () => a.inc(__byte_ptr[rbx]), () => a.bts(__qword_ptr[rbx], rcx), () => a.imul(rax, __qword_ptr[rbx]), () => a.fld(__qword_ptr[rbx]),
            () => a.fnstenv(__[rbx]), () => a.fxsave(__[rbx]), () => a.not(__dword_ptr[rbx]), () => a.call(__qword_ptr[rbx]),
            () => a.jmp(__qword_ptr[rbx]), () => a.mov(rsp, rbx), () => a.enter(16, 2), () => a.sidt(__[rbx]), () => a.cmp(__[rbx], rax),
            () => a.test(__[rbx], al), () => a.invlpg(__[rbx]), () => a.prefetchnta(__byte_ptr[rbx]), () => a.movzx(eax, __word_ptr[rbx]),
            () => a.div(__dword_ptr[rbx]), () => a.shl(__qword_ptr[rbx], 3), () => a.jmp(rbx), () => a.call(rbx), () => a.leave(),
            () => a.mov(rax, __qword_ptr[rbp]), () => a.mov(__qword_ptr[rsp + rbx], rax), () => a.stmxcsr(__dword_ptr[rbx]),
        ];
        b.Pick(forms)();
    }

    private static void Access(ProgramBuilder b)
    {
        Assembler a = b.Code;
        switch (b.Random.Next(7))
        {
            case 0:
                a.mov(rax, __qword_ptr[rbx]);
                break;
            case 1:
                a.mov(__[rbx], rax);
                break;
            case 2:
                a.add(__byte_ptr[rbx], 1);
                break;
            case 3:
                a.jmp(rbx);
                break;
            case 4:
                a.mov(rsp, rbx);
                a.push(rax);
                break;
            case 5:
                a.mov(rsp, rbx);
                a.pop(rax);
                break;
            default:
                a.movups(__xmmword_ptr[rbx], xmm1);
                break;
        }
    }
}
