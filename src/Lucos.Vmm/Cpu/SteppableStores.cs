using Iced.Intel;

namespace Lucos.Vmm.Cpu;

/// <summary>
/// Instructions that can be refused at a store and executed again as if they had not begun. They make their stores in translated code and
/// change registers only afterwards. Left out are those whose stores are made by a function of the emulator, which goes on after a refusal
/// (CMPXCHG8B, CMPXCHG16B, ENTER, FXSAVE and XSAVE, FSAVE, FNSTENV, x87 stores, MASKMOVDQU, far calls), those that change the flags before
/// they store (RCL, RCR, SETcc), and those that store what a single step changes (PUSHF). What is not listed is never wrong, only told of inside the instruction.
/// </summary>
internal static class SteppableStores
{
    private static readonly HashSet<Mnemonic> s_mnemonics =
    [
        Mnemonic.Mov, Mnemonic.Movnti, Mnemonic.Xchg, Mnemonic.Xadd, Mnemonic.Cmpxchg,
        Mnemonic.Add, Mnemonic.Adc, Mnemonic.Sub, Mnemonic.Sbb, Mnemonic.And, Mnemonic.Or, Mnemonic.Xor,
        Mnemonic.Inc, Mnemonic.Dec, Mnemonic.Not, Mnemonic.Neg, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc,
        Mnemonic.Rol, Mnemonic.Ror, Mnemonic.Shl, Mnemonic.Sal, Mnemonic.Shr, Mnemonic.Sar,
        Mnemonic.Shld, Mnemonic.Shrd,
        Mnemonic.Stosb, Mnemonic.Stosw, Mnemonic.Stosd, Mnemonic.Stosq,
        Mnemonic.Movsb, Mnemonic.Movsw, Mnemonic.Movsd, Mnemonic.Movsq,
        Mnemonic.Push, Mnemonic.Pop, Mnemonic.Call,
        Mnemonic.Movups, Mnemonic.Movupd, Mnemonic.Movdqu, Mnemonic.Movaps, Mnemonic.Movapd, Mnemonic.Movdqa, Mnemonic.Movq, Mnemonic.Movd,
        Mnemonic.Movss, Mnemonic.Movlps, Mnemonic.Movhps, Mnemonic.Movlpd, Mnemonic.Movhpd,
        Mnemonic.Movntps, Mnemonic.Movntpd, Mnemonic.Movntdq,
    ];

    /// <summary>Whether an instruction may be refused at a store.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="size">
    /// Bytes of the store. A single byte of a larger store is one of several, made because the whole crosses a page: those before it are in
    /// memory by now.
    /// </param>
    internal static bool Contains(in Instruction instruction, int size) =>
        s_mnemonics.Contains(instruction.Mnemonic) && !instruction.IsCallFar && !instruction.IsCallFarIndirect && (size > 1 || instruction.MemorySize.GetSize() == 1);
}
