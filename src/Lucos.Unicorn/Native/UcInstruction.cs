namespace Lucos.Unicorn.Native;

/// <summary>Instructions that can be hooked one by one (<c>uc_x86_insn</c>).</summary>
internal static class UcInstruction
{
    internal const int Cpuid = 113;
    internal const int In = 218;
    internal const int Out = 500;
    internal const int Rdtsc = 608;
    internal const int Rdtscp = 609;
    internal const int Syscall = 699;
    internal const int Sysenter = 700;
}
