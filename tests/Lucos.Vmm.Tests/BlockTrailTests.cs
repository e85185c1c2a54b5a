using Iced.Intel;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Time;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Digests of blocks: what they follow from, that stops don't show in them, and that a run ends in front of one that is not expected.</summary>
public sealed class BlockTrailTests
{
    private const int Blocks = 50;

    private static readonly Func<RegisterFile, ulong, RegisterFile>[] s_changes =
    [
        (r, x) => r with { Rax = r.Rax ^ x }, (r, x) => r with { Rcx = r.Rcx ^ x }, (r, x) => r with { Rdx = r.Rdx ^ x }, (r, x) => r with { Rbx = r.Rbx ^ x },
        (r, x) => r with { Rsp = r.Rsp ^ x }, (r, x) => r with { Rbp = r.Rbp ^ x }, (r, x) => r with { Rsi = r.Rsi ^ x }, (r, x) => r with { Rdi = r.Rdi ^ x },
        (r, x) => r with { R8 = r.R8 ^ x }, (r, x) => r with { R9 = r.R9 ^ x }, (r, x) => r with { R10 = r.R10 ^ x }, (r, x) => r with { R11 = r.R11 ^ x },
        (r, x) => r with { R12 = r.R12 ^ x }, (r, x) => r with { R13 = r.R13 ^ x }, (r, x) => r with { R14 = r.R14 ^ x }, (r, x) => r with { R15 = r.R15 ^ x },
    ];

    [Test]
    public void EveryBitOfEveryRegisterShowsInTheDigestOfTheNextBlock([Range(0, 15)] int register)
    {
        using BareGuest clean = Loop();
        clean.Machine.Run(RunLimits.ForBlocks(Blocks));
        ushort expected = Digests(clean.Machine)[^1];
        for (int bit = 0; bit < 64; bit++)
        {
            using BareGuest guest = Loop();
            guest.Machine.Run(RunLimits.ForBlocks(Blocks - 1));
            guest.Cpu.Registers = s_changes[register](guest.Registers, 1UL << bit);
            guest.Machine.Run(RunLimits.ForBlocks(1));
            Assert.That(Digests(guest.Machine)[^1], Is.Not.EqualTo(expected), $"bit {bit}");
        }
    }

    [Test]
    public void StopsDontShow([Values(1, 3, 7)] int slice)
    {
        using BareGuest straight = Loop();
        using BareGuest cut = Loop();
        straight.Machine.Run(RunLimits.ForBlocks(Blocks));
        while (cut.Machine.Clock.Blocks < Blocks)
        {
            cut.Machine.Run(RunLimits.ForBlocks((ulong)Math.Min(slice, Blocks - (int)cut.Machine.Clock.Blocks)));
        }

        Assert.That(Digests(cut.Machine), Is.EqualTo(Digests(straight.Machine)));
        Assert.That(Digests(cut.Machine).Distinct().Count(), Is.GreaterThan(Blocks / 2));
    }

    [Test]
    public void ARunEndsInFrontOfTheBlockWhoseDigestIsNotExpected()
    {
        using BareGuest first = Loop();
        first.Machine.Run(RunLimits.ForBlocks(Blocks));
        ushort[] expected = Digests(first.Machine);
        expected[30] ^= 1;
        using BareGuest guest = Loop();
        guest.Machine.Trail!.Expect(1, expected);

        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(Blocks)), Is.TypeOf<MachineStop.TrailDiffers>());
        Assert.That(guest.Machine.Clock.Blocks, Is.EqualTo(30), "the 31st block has not begun");
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(1)), Is.TypeOf<MachineStop.TrailDiffers>(), "it is still expected");

        guest.Machine.Trail.Expect(0, []);
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(Blocks - 30)), Is.TypeOf<MachineStop.Limit>());
        Assert.That(Digests(guest.Machine), Is.EqualTo(Digests(first.Machine)), "stopping changed nothing");
    }

    [Test]
    public void WhatIsExpectedDoesNotStopTheRun()
    {
        using BareGuest first = Loop();
        first.Machine.Run(RunLimits.ForBlocks(Blocks));
        using BareGuest guest = Loop();
        guest.Machine.Trail!.Expect(1, Digests(first.Machine));
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(Blocks)), Is.TypeOf<MachineStop.Limit>());
    }

    [Test]
    public void TurnsNameTheProcessorOfEachBlock()
    {
        using BareGuest guest = Loop();
        guest.Machine.Run(RunLimits.ForBlocks(Blocks));
        Assert.That(guest.Machine.Trail!.TakeTurns(), Is.EqualTo(new[] { new BlockTurn(1, 0) }));
        Assert.That(guest.Machine.Trail.TakeTurns(), Is.EqualTo(new[] { new BlockTurn(Blocks + 1, 0) }), "who runs goes on to be known");
    }

    [Test]
    public void AMachineThatKeepsNoTrailHasNone()
    {
        using BareGuest guest = new();
        Assert.That(guest.Machine.Trail, Is.Null);
    }

    private static ushort[] Digests(Machine machine)
    {
        ushort[] digests = new ushort[Blocks];
        machine.Trail!.Read(1, digests);
        return digests;
    }

    private static BareGuest Loop()
    {
        BareGuest guest = new(keepsTrail: true);
        guest.Boot(a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.inc(rax);
            a.add(rbx, rax);
            a.jmp(again);
        });
        return guest;
    }
}
