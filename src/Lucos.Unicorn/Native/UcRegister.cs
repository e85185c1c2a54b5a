namespace Lucos.Unicorn.Native;

/// <summary>Register numbers of the C library (<c>uc_x86_reg</c>); only those that the binding reads or writes one by one.</summary>
internal enum UcRegister
{
    Eflags = 25,
    Rax = 34,
    Rbp = 35,
    Rbx = 36,
    Rcx = 37,
    Rdi = 38,
    Rdx = 39,
    Rip = 40,
    Rsi = 41,
    Rsp = 44,
    Cr0 = 48,
    Cr2 = 50,
    Cr3 = 51,
    Cr4 = 52,
    Dr6 = 60,
    R8 = 86,
    Idtr = 222,
    Gdtr = 223,
    Ldtr = 224,
    Tr = 225,
    Msr = 228,
}
