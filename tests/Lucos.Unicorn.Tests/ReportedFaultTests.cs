namespace Lucos.Unicorn.Tests;

/// <summary>What the library does to flags where a reported instruction faults: why Lucos.Vmm takes them from the report.</summary>
public sealed class ReportedFaultTests
{
    private const ulong Faulting = Fixture.Start + 3;
    private const uint ArithmeticFlags = 0x8d5;

    // cmp rax, rdx; mov ds, ecx; hlt
    private static readonly byte[] s_program = [0x48, 0x39, 0xd0, 0x8e, 0xd9, 0xf4];

    [TestCase(5UL, 7UL)]
    [TestCase(7UL, 7UL)]
    [TestCase(0x8000_0000_0000_0000UL, 1UL)]
    public void TheReportHasTheFlagsThatAnUnreportedFaultHas(ulong rax, ulong rdx)
    {
        var (_, plain) = Run(rax, rdx, isReported: false);
        var (atReport, _) = Run(rax, rdx, isReported: true);
        Assert.That(atReport, Is.EqualTo(plain));
    }

    // Fails once the library is right: then RestoreFlags of EmulatedVcpu can go.
    [Test]
    public void AFaultOfAReportedInstructionHasOthers()
    {
        var (atReport, atFault) = Run(5, 7, isReported: true);
        Assert.That(atFault, Is.Not.EqualTo(atReport));
    }

    [Test]
    public void OfWhatIntelDefinesOnlyAWideCompareLeavesOtherFlagsBehindAReport()
    {
        Assert.That(FlagsBehind([0x0f, 0xc7, 0x0b], isReported: true), Is.Not.EqualTo(FlagsBehind([0x0f, 0xc7, 0x0b], isReported: false)), "cmpxchg8b [rbx]");
        byte[][] others =
        [
            [0x48, 0xd1, 0xd9], [0x48, 0xd3, 0xd2], [0x48, 0xd3, 0xe2], [0x66, 0xd1, 0xfa], [0x48, 0xd3, 0xea], [0x48, 0xd3, 0xc2], [0x48, 0x0f, 0xa4, 0xc2, 7],
            [0x48, 0xc1, 0x23, 3], [0xff, 0x03], [0x48, 0x0f, 0xc1, 0x13], [0x0f, 0x92, 0x03], [0x48, 0x19, 0x13], [0xf0, 0x48, 0xf7, 0x1b], [0x48, 0xf7, 0xe2],
        ];
        Assert.That(others.Where(op => FlagsBehind(op, isReported: true) != FlagsBehind(op, isReported: false)), Is.Empty, "rcr rcl shl sar shr rol shld inc xadd setc sbb neg mul");
    }

    // sub eax, edx; the instruction; pushfq; pop rsi; hlt
    private static uint FlagsBehind(byte[] instruction, bool isReported)
    {
        using Fixture f = new([0x29, 0xd0, .. instruction, 0x9c, 0x5e, 0xf4]);
        f.Meter.Countdown = 1000;
        f.Engine.Rax = 0x8000_0005;
        f.Engine.Rdx = 0x17;
        f.Engine.Rcx = 0x1234_5678_9abc_def3;
        f.Engine.Rbx = 0x8000;
        CpuContext context = f.Engine.Context;
        context.Save();
        context[4] = 0x9000;
        context.Restore();
        f.Callbacks.OnInstructionDo = _ => { };
        if (isReported)
        {
            f.Engine.ReportInstructions(0, ulong.MaxValue);
        }

        f.Engine.Run(Fixture.Start);
        context.Save();
        return (uint)context[6];
    }

    private static (uint AtReport, uint AtFault) Run(ulong rax, ulong rdx, bool isReported)
    {
        using Fixture f = new(s_program);
        (uint atReport, uint atFault) = (0, 0);
        f.Meter.Countdown = 1000;
        f.Engine.Rax = rax;
        f.Engine.Rdx = rdx;
        f.Engine.Rcx = 0xfff0;
        f.Callbacks.OnInstructionDo = address => atReport = address == Faulting ? f.Engine.Eflags & ArithmeticFlags : atReport;
        f.Callbacks.OnInterruptDo = () =>
        {
            f.Engine.Context.Save();
            atFault = f.Engine.Context.Eflags & ArithmeticFlags;
            f.Engine.Stop();
        };
        if (isReported)
        {
            f.Engine.ReportInstructions(0, ulong.MaxValue);
        }

        f.Engine.Run(Fixture.Start);
        return (atReport, atFault);
    }
}
