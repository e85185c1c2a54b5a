using Iced.Intel;

namespace Lucos.Vmm.Cpu;

/// <summary>Instructions that a function called by <see cref="ServiceVcpu"/> may not execute.</summary>
internal static class ServiceInstructions
{
    internal static bool IsForbidden(in Instruction instruction) =>
        instruction.IsPrivileged
        || instruction.FlowControl == FlowControl.Interrupt
        || instruction.Mnemonic is Mnemonic.Syscall or Mnemonic.Sysenter or Mnemonic.Sysret or Mnemonic.Sysexit or Mnemonic.Iret or Mnemonic.Iretd
            or Mnemonic.Iretq or Mnemonic.Vmcall or Mnemonic.Vmmcall or Mnemonic.Rdtsc or Mnemonic.Rdtscp or Mnemonic.Cpuid or Mnemonic.Swapgs
            or Mnemonic.Xabort or Mnemonic.Xbegin;

    internal static bool IsPortAccess(in Instruction instruction) => instruction.Mnemonic
        is Mnemonic.In or Mnemonic.Out or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd or Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd;
}
