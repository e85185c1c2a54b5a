using System.Text;
using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Results;

/// <summary>The differences between two records of one program.</summary>
internal static class Comparison
{
    internal static IReadOnlyList<Difference> Compare(ProgramRecord ours, ProgramRecord theirs)
    {
        List<Difference> found = [];
        if (ours.State != theirs.State)
        {
            found.Add(new Difference(-1, "end", ours.State, theirs.State));
        }

        if (ours.EventCount != theirs.EventCount)
        {
            found.Add(new Difference(-1, "events", (ulong)ours.EventCount, (ulong)theirs.EventCount));
        }

        for (int i = 0; i < Math.Min(ours.EventCount, theirs.EventCount); i++)
        {
            foreach (((string name, ulong value), (string other, ulong reference)) in ours.Fields(i).Zip(theirs.Fields(i)))
            {
                if (name != other || value != reference)
                {
                    found.Add(new Difference(i, name, value, reference));
                }
            }
        }

        for (int page = 0; page < CopiedPages && ours.State == StateDone && theirs.State == StateDone; page++)
        {
            if (ours.PageHash(page) != theirs.PageHash(page))
            {
                found.Add(new Difference(-1, $"page-{page}", ours.PageHash(page), theirs.PageHash(page)));
            }
        }

        return found;
    }

    internal static string Describe(TestProgram program, ProgramRecord ours, ProgramRecord theirs, IEnumerable<Difference> differences)
    {
        StringBuilder text = new();
        text.AppendLine($"{program.Name} (seed in the name) cs={program.CodeSelector:x} flags={program.Flags:x} rsp={program.StackPointer:x}");
        foreach ((ulong physical, ulong value) in program.Patches)
        {
            text.AppendLine($"    patch {physical:x} = {value:x}");
        }

        text.AppendLine($"    actions {string.Join(' ', program.Actions.Select(a => a.Kind))}");
        AppendCode(text, program);
        text.AppendLine("  ours:").AppendLine(ours.ToString()).AppendLine("  QEMU:").AppendLine(theirs.ToString());
        text.Append("  differences: ").AppendJoin("; ", differences);
        return text.ToString();
    }

    private static void AppendCode(StringBuilder text, TestProgram program)
    {
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(64, program.Code, program.Address);
        IntelFormatter formatter = new();
        while (decoder.IP < program.Address + (ulong)program.Code.Length)
        {
            Instruction instruction = decoder.Decode();
            StringOutput output = new();
            formatter.Format(instruction, output);
            text.AppendLine($"    {instruction.IP:x}  {output.ToStringAndReset()}");
        }
    }
}
