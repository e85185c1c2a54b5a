using System.Text;
using Lucos.Vmm.Cpu;

namespace Lucos.Vmm;

/// <summary>What is known about a processor that shut down.</summary>
/// <param name="Cause">What could not be delivered.</param>
/// <param name="Registers">Its registers.</param>
/// <param name="Backtrace">Innermost frame first.</param>
public sealed record ShutdownReport(string Cause, RegisterFile Registers, IReadOnlyList<StackFrame> Backtrace)
{
    /// <summary>Several lines for a person to read.</summary>
    public override string ToString()
    {
        return $"triple fault: {Cause}\n{Describe(Registers, Backtrace)}";
    }

    /// <summary>Registers and backtrace of a processor, in several lines for a person to read.</summary>
    /// <param name="registers">Its registers.</param>
    /// <param name="backtrace">Innermost frame first.</param>
    public static string Describe(RegisterFile registers, IReadOnlyList<StackFrame> backtrace)
    {
        ArgumentNullException.ThrowIfNull(backtrace);
        RegisterFile r = registers;
        StringBuilder text = new();
        text.AppendLine($"rip {r.Rip:x16} rflags {r.Rflags:x8} cpl {r.Cpl} cs {r.Cs.Selector:x4} ss {r.Ss.Selector:x4}");
        text.AppendLine($"rax {r.Rax:x16} rbx {r.Rbx:x16} rcx {r.Rcx:x16} rdx {r.Rdx:x16}");
        text.AppendLine($"rsi {r.Rsi:x16} rdi {r.Rdi:x16} rbp {r.Rbp:x16} rsp {r.Rsp:x16}");
        text.AppendLine($"r8  {r.R8:x16} r9  {r.R9:x16} r10 {r.R10:x16} r11 {r.R11:x16}");
        text.AppendLine($"r12 {r.R12:x16} r13 {r.R13:x16} r14 {r.R14:x16} r15 {r.R15:x16}");
        text.AppendLine($"cr0 {r.Cr0:x8} cr2 {r.Cr2:x16} cr3 {r.Cr3:x16} cr4 {r.Cr4:x8}");
        text.AppendLine("backtrace:");
        foreach (StackFrame frame in backtrace)
        {
            text.AppendLine($"  {frame}");
        }

        return text.ToString();
    }
}
