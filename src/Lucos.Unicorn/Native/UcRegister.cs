namespace Lucos.Unicorn.Native;

/// <summary>Register numbers of the C library (<c>uc_x86_reg</c>); only those that the binding reads or writes one by one.</summary>
internal enum UcRegister
{
    Cs = 11,
    Eflags = 25,
    Rax = 35,
    Rbp = 36,
    Rbx = 37,
    Rcx = 38,
    Rdi = 39,
    Rdx = 40,
    Rip = 41,
    Rsi = 43,
    Rsp = 44,
    FloatStatusWord = 31,
    Cr0 = 50,
    Cr2 = 52,
    Cr3 = 53,
    Cr4 = 54,
    Dr6 = 72,
    R8 = 106,
    St0 = 114,
    Xmm0 = 122,
    Idtr = 242,
    Gdtr = 243,
    Ldtr = 244,
    Tr = 245,
    FloatControlWord = 246,
    FloatTagWord = 247,
    Msr = 248,
    Mxcsr = 249,
}
