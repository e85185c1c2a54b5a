using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests.Stores;

/// <summary>
/// Every way in which an instruction stores. RBX is the place, RSP points into the same memory, RAX, RCX, RDX, R8 and XMM1 hold values. A form may
/// change any register but RBX and R15.
/// </summary>
internal static class StoreForms
{
    internal static IReadOnlyList<(string Name, Action<Assembler> Emit)> All { get; } =
    [
        ("mov8", a => a.mov(__byte_ptr[rbx], al)),
        ("mov16", a => a.mov(__word_ptr[rbx], ax)),
        ("mov32", a => a.mov(__dword_ptr[rbx], eax)),
        ("mov64", a => a.mov(__qword_ptr[rbx], rax)),
        ("mov64imm", a => a.mov(__qword_ptr[rbx], 0x12345)),
        ("movnti", a => a.movnti(__qword_ptr[rbx], rax)),
        ("add", a => a.add(__dword_ptr[rbx], eax)),
        ("adc", a => a.adc(__qword_ptr[rbx], rdx)),
        ("sub", a => a.sub(__word_ptr[rbx], cx)),
        ("sbb", a => a.sbb(__byte_ptr[rbx], dl)),
        ("and", a => a.and(__qword_ptr[rbx], rax)),
        ("or", a => a.or(__dword_ptr[rbx], 0x55)),
        ("xor", a => a.xor(__qword_ptr[rbx], rdx)),
        ("inc", a => a.inc(__qword_ptr[rbx])),
        ("dec", a => a.dec(__word_ptr[rbx])),
        ("not", a => a.not(__dword_ptr[rbx])),
        ("neg", a => a.neg(__qword_ptr[rbx])),
        ("lock-add", a => a.@lock.add(__qword_ptr[rbx], rax)),
        ("lock-inc", a => a.@lock.inc(__dword_ptr[rbx])),
        ("lock-neg", a => a.@lock.neg(__dword_ptr[rbx])),
        ("lock-not", a => a.@lock.not(__qword_ptr[rbx])),
        ("lock-bts", a => Carry(a, () => a.@lock.bts(__qword_ptr[rbx], 5))),
        ("bts", a => Carry(a, () => a.bts(__dword_ptr[rbx], 3))),
        ("btr", a => Carry(a, () => a.btr(__qword_ptr[rbx], 9))),
        ("btc", a => Carry(a, () => a.btc(__word_ptr[rbx], 1))),
        ("xchg", a => a.xchg(__qword_ptr[rbx], rax)),
        ("xchg8", a => a.xchg(__byte_ptr[rbx], dl)),
        ("xadd", a => a.xadd(__dword_ptr[rbx], edx)),
        ("lock-xadd", a => a.@lock.xadd(__qword_ptr[rbx], rdx)),
        ("cmpxchg-differs", a => a.cmpxchg(__qword_ptr[rbx], rdx)),
        ("cmpxchg-equal", a =>
        {
            a.mov(rax, __qword_ptr[rbx]);
            a.cmpxchg(__qword_ptr[rbx], rdx);
        }),
        ("lock-cmpxchg-equal", a =>
        {
            a.mov(eax, __dword_ptr[rbx]);
            a.@lock.cmpxchg(__dword_ptr[rbx], ecx);
        }),
        ("cmpxchg8b-differs", a => Zero(a, () => a.cmpxchg8b(__qword_ptr[rbx]))),
        ("cmpxchg8b-equal", a => Zero(a, () =>
        {
            a.mov(eax, __dword_ptr[rbx]);
            a.mov(edx, __dword_ptr[rbx + 4]);
            a.@lock.cmpxchg8b(__qword_ptr[rbx]);
        })),
        ("cmpxchg16b-differs", a => Zero(a, () => Aligned(a, () => a.cmpxchg16b(__xmmword_ptr[rbx])))),
        ("cmpxchg16b-equal", a => Zero(a, () => Aligned(a, () =>
        {
            a.mov(rax, __qword_ptr[rbx]);
            a.mov(rdx, __qword_ptr[rbx + 8]);
            a.@lock.cmpxchg16b(__xmmword_ptr[rbx]);
        }))),
        ("shl", a => a.shl(__qword_ptr[rbx], 3)),
        ("shr-cl", a => a.shr(__dword_ptr[rbx], cl)),
        ("sar1", a => a.sar(__word_ptr[rbx], 1)),
        ("rol-cl", a => a.rol(__qword_ptr[rbx], cl)),
        ("ror", a => a.ror(__byte_ptr[rbx], 3)),
        ("rcl-cl", a => a.rcl(__dword_ptr[rbx], cl)),
        ("rcr1", a => a.rcr(__qword_ptr[rbx], 1)),
        ("shld", a => a.shld(__qword_ptr[rbx], rax, 7)),
        ("shrd-cl", a => a.shrd(__dword_ptr[rbx], edx, cl)),
        ("setc", a => a.setc(__byte_ptr[rbx])),
        ("setg", a => a.setg(__byte_ptr[rbx])),
        ("stosb", a => String(a, () => a.stosb())),
        ("stosq", a => String(a, () => a.stosq())),
        ("movsb", a => String(a, () => a.movsb())),
        ("movsq", a => String(a, () => a.movsq())),
        ("rep-stosb", a => String(a, () => a.rep.stosb(), 37)),
        ("rep-stosd", a => String(a, () => a.rep.stosd(), 11)),
        ("rep-stosq", a => String(a, () => a.rep.stosq(), 9)),
        ("rep-movsb", a => String(a, () => a.rep.movsb(), 23)),
        ("rep-movsq", a => String(a, () => a.rep.movsq(), 7)),
        ("rep-movsq-none", a => String(a, () => a.rep.movsq(), 0)),
        ("rep-stosq-one", a => String(a, () => a.rep.stosq(), 1)),
        ("rep-stosq-down", a => String(a, () =>
        {
            a.std();
            a.rep.stosq();
            a.cld();
        }, 5)),
        ("push", a => a.push(rax)),
        ("push-imm", a => a.push(0x77)),
        ("push16", a => a.push(ax)),
        ("push-mem", a => a.push(__qword_ptr[rbx + 8])),
        ("pushf", a => a.pushfq()),
        ("pop-mem", a => a.pop(__qword_ptr[rbx])),
        ("pop-mem-rsp", a => a.pop(__qword_ptr[rsp + 8])),
        ("call", a => Call(a, target => a.call(target))),
        ("call-reg", a => Call(a, target =>
        {
            a.lea(rax, __[target]);
            a.call(rax);
        })),
        ("enter0", a => a.enter(32, 0)),
        ("enter3", a =>
        {
            a.lea(rbp, __[rbx + 64]);
            a.enter(32, 3);
        }),
        ("movups", a => a.movups(__xmmword_ptr[rbx], xmm1)),
        ("movdqu", a => a.movdqu(__xmmword_ptr[rbx], xmm1)),
        ("movaps", a => Aligned(a, () => a.movaps(__xmmword_ptr[rbx], xmm1))),
        ("movntdq", a => Aligned(a, () => a.movntdq(__xmmword_ptr[rbx], xmm1))),
        ("movq", a => a.movq(__qword_ptr[rbx], xmm1)),
        ("movd", a => a.movd(__dword_ptr[rbx], xmm1)),
        ("movss", a => a.movss(__dword_ptr[rbx], xmm1)),
        ("movsd", a => a.movsd(__qword_ptr[rbx], xmm1)),
        ("movhps", a => a.movhps(__qword_ptr[rbx], xmm1)),
        ("movlpd", a => a.movlpd(__qword_ptr[rbx], xmm1)),
        ("maskmovdqu", a =>
        {
            a.mov(rdi, rbx);
            a.maskmovdqu(xmm1, xmm1);
        }),
        ("fxsave", a => Aligned(a, () => a.fxsave(__[rbx]))),
        ("fnsave", a => a.fnsave(__[rbx])),
        ("fnstenv", a => a.fnstenv(__[rbx])),
        ("fnstcw", a => a.fnstcw(__word_ptr[rbx])),
        ("fnstsw", a => a.fnstsw(__word_ptr[rbx])),
        ("stmxcsr", a => a.stmxcsr(__dword_ptr[rbx])),
        ("fst32", a =>
        {
            a.fld1();
            a.fst(__dword_ptr[rbx]);
        }),
        ("fstp64", a =>
        {
            a.fldpi();
            a.fstp(__qword_ptr[rbx]);
        }),
        ("fstp80", a =>
        {
            a.fldpi();
            a.fstp(__tbyte_ptr[rbx]);
        }),
        ("fistp", a =>
        {
            a.fldpi();
            a.fistp(__qword_ptr[rbx]);
        }),
        ("fbstp", a =>
        {
            a.fldpi();
            a.fbstp(__tbyte_ptr[rbx]);
        }),
        ("sgdt", a => a.sgdt(__[rbx])),
        ("sidt", a => a.sidt(__[rbx])),
        ("smsw", a => a.smsw(__word_ptr[rbx])),
        ("str", a => a.str(__word_ptr[rbx])),
        ("mov-seg", a => a.mov(__word_ptr[rbx], ds)),
    ];

    private static void Aligned(Assembler a, Action store)
    {
        a.mov(r14, rbx);
        a.and(rbx, -16);
        store();
        a.mov(rbx, r14);
    }

    // Only CF is defined behind it; the emulator leaves other flags as its translation of the code before happens to need them.
    private static void Carry(Assembler a, Action store)
    {
        store();
        a.setc(r14b);
        a.cmp(r14b, 1);
    }

    // Only ZF changes on a real processor; on the emulator the others depend on where the run was stopped, guarded or not.
    private static void Zero(Assembler a, Action store)
    {
        store();
        a.setz(r14b);
        a.cmp(r14b, 1);
    }

    private static void String(Assembler a, Action store, uint count = 3)
    {
        a.mov(rdi, rbx);
        a.lea(rsi, __[r15]);
        a.mov(ecx, count);
        store();
    }

    private static void Call(Assembler a, Action<Label> call)
    {
        Label target = a.CreateLabel();
        Label over = a.CreateLabel();
        call(target);
        a.jmp(over);
        a.Label(ref target);
        a.add(r8, 3);
        a.ret();
        a.Label(ref over);
        a.nop();
    }
}
