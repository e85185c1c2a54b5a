using Lucos.Vmm.Differential.Tests.Harness;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>The generated programs: always the same, from seeds that are part of their names.</summary>
internal static class ProgramSet
{
    private static readonly (string Name, int Count, Action<ProgramBuilder> Write)[] s_families =
    [
        ("page-rights", 320, PageFaultPrograms.WriteRights),
        ("operands", 300, PageFaultPrograms.WriteOperands),
        ("strings", 300, StringPrograms.Write),
        ("stepping", 300, SteppingPrograms.Write),
        ("gates", 350, GatePrograms.Write),
        ("nested", 300, GatePrograms.WriteNested),
        ("iret", 400, ReturnPrograms.Write),
        ("segments", 250, SegmentPrograms.Write),
        ("privileged", 250, PrivilegePrograms.Write),
        ("control", 150, PrivilegePrograms.WriteControl),
        ("syscall", 120, SyscallPrograms.Write),
        ("timer", 80, TimerPrograms.Write),
    ];

    internal static IReadOnlyList<TestProgram> All { get; } = [.. s_families.SelectMany(f => Enumerable.Range(0, f.Count).Select(i => Make(f.Name, i, f.Write)))];

    private static TestProgram Make(string family, int index, Action<ProgramBuilder> write)
    {
        int seed = 17;
        foreach (char c in family)
        {
            seed = (seed * 31) + c;
        }

        Random random = new(seed + index);
        ProgramBuilder builder = new($"{family}/{index}", random, user: random.Next(2) == 0);
        write(builder);
        return builder.Build();
    }
}
