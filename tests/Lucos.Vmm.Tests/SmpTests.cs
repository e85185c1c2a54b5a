using Iced.Intel;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Cpu;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Several processors: start, turns, atomic instructions, inter-processor interrupts, timers.</summary>
public sealed class SmpTests
{
    private const int Counter = (int)BareGuest.Scratch;
    private const int Done = Counter + 8;
    private const int Log = (int)BareGuest.Scratch + 0x1000;

    [TestCase(2)]
    [TestCase(4)]
    [TestCase(8)]
    public void LockedIncrementsOfAllProcessorsAddUp(int cpus)
    {
        const int rounds = 5000;
        using SmpGuest guest = new(cpus);
        void Count(Assembler a)
        {
            Label again = a.CreateLabel();
            a.mov(ecx, rounds);
            a.Label(ref again);
            a.@lock.inc(__qword_ptr[Counter]);
            a.dec(ecx);
            a.jnz(again);
            a.@lock.inc(__qword_ptr[Done]);
        }

        guest.Others(a =>
        {
            Count(a);
            a.hlt();
        });
        guest.Boot(a =>
        {
            Label wait = a.CreateLabel();
            Count(a);
            a.Label(ref wait);
            a.pause();
            a.cmp(__qword_ptr[Done], cpus);
            a.jne(wait);
            BareGuest.PowerOff(a, 1);
        });

        Assert.That(guest.Bare.Run(), Is.InstanceOf<MachineStop.PowerOff>());
        Assert.That(guest.Bare.ReadPhysical(Counter), Is.EqualTo((ulong)(cpus * rounds)));
        Assert.That(guest.Bare.Machine.Vcpus.Skip(1).Select(v => v.State), Is.All.EqualTo(VcpuState.HaltedForever).Or.EqualTo(VcpuState.Running));
    }

    [Test]
    public void IncrementsWithoutLockAreLostBetweenTurns()
    {
        // The refusing sibling: a load and a store in different blocks are not atomic, so turns really end in between.
        using SmpGuest guest = new(4);
        void Count(Assembler a)
        {
            Label again = a.CreateLabel();
            Label middle = a.CreateLabel();
            a.mov(ecx, 20000);
            a.Label(ref again);
            a.mov(rax, __qword_ptr[Counter]);
            a.jmp(middle);
            a.Label(ref middle);
            a.inc(rax);
            a.mov(__qword_ptr[Counter], rax);
            a.dec(ecx);
            a.jnz(again);
            a.@lock.inc(__qword_ptr[Done]);
        }

        guest.Others(a =>
        {
            Count(a);
            a.hlt();
        });
        guest.Boot(a =>
        {
            Label wait = a.CreateLabel();
            Count(a);
            a.Label(ref wait);
            a.cmp(__qword_ptr[Done], 4);
            a.jne(wait);
            BareGuest.PowerOff(a, 1);
        });

        guest.Bare.Run();
        Assert.That(guest.Bare.ReadPhysical(Counter), Is.LessThan(80000).And.GreaterThanOrEqualTo(20000));
    }

    [Test]
    public void SameSeedSameInterleavingOtherSeedAnother()
    {
        byte[] first = Interleaving(7);
        Assert.That(Interleaving(7), Is.EqualTo(first));
        Assert.That(Interleaving(8), Is.Not.EqualTo(first));
        Assert.That(first.Distinct().Order(), Is.EqualTo(new byte[] { 0, 1, 2 }));
    }

    [Test]
    public void AnInterruptWakesAHaltedProcessor()
    {
        using SmpGuest guest = new(2);
        guest.Bare.Handle(SmpGuest.IpiVector, a =>
        {
            a.mov(eax, __dword_ptr[rdi + 0x20]);
            a.mov(__dword_ptr[Counter], eax);
            a.mov(__dword_ptr[rdi + 0xb0], 0);
            a.iretq();
        });
        guest.Others(a =>
        {
            a.@lock.inc(__qword_ptr[Done]);
            a.sti();
            a.hlt();
            a.@lock.inc(__qword_ptr[Done]);
            a.hlt();
        });
        guest.Boot(a =>
        {
            WaitFor(a, Done, 1);
            a.mov(__dword_ptr[rdi + 0x310], 1 << 24);
            a.mov(__dword_ptr[rdi + 0x300], (uint)SmpGuest.IpiVector);
            WaitFor(a, Done, 2);
            BareGuest.PowerOff(a, 1);
        });

        Assert.That(guest.Bare.Run(), Is.InstanceOf<MachineStop.PowerOff>());
        Assert.That(guest.Bare.ReadPhysical(Counter) & uint.MaxValue, Is.EqualTo(1UL << 24));
    }

    [Test]
    public void TimersOfAllProcessorsTickWhileAllAreHalted()
    {
        using SmpGuest guest = new(4);
        guest.Bare.Handle(SmpGuest.TimerVector, a =>
        {
            a.@lock.inc(__qword_ptr[(rsi * 8) + Log]);
            a.mov(__dword_ptr[rdi + 0xb0], 0);
            a.iretq();
        });
        guest.Others(a => Tick(a));
        guest.Boot(a =>
        {
            a.xor(esi, esi);
            Tick(a);
        });

        MachineStop stop = guest.Bare.Machine.Run(RunLimits.ForNanoseconds(100_500_000));

        Assert.That(stop, Is.InstanceOf<MachineStop.Limit>());
        for (ulong i = 0; i < 4; i++)
        {
            Assert.That(guest.Bare.ReadPhysical((ulong)Log + (8 * i)), Is.InRange(99, 101), $"processor {i}");
        }
    }

    [Test]
    public void AProcessorThatWasNotStartedNeverRuns()
    {
        using SmpGuest guest = new(2);
        guest.Others(a => a.ud2());
        guest.Bare.Boot(a => BareGuest.PowerOff(a, 1));

        Assert.That(guest.Bare.Run(), Is.InstanceOf<MachineStop.PowerOff>());
        Assert.That(guest.Bare.Machine.Vcpus[1].State, Is.EqualTo(VcpuState.WaitingForStart));
    }

    [Test]
    public void AStartMessageToARunningProcessorIsIgnored()
    {
        using SmpGuest guest = new(2);
        guest.Others(a =>
        {
            Label here = a.CreateLabel();
            a.@lock.inc(__qword_ptr[Done]);
            a.Label(ref here);
            a.jmp(here);
        });
        guest.Boot(a =>
        {
            WaitFor(a, Done, 1);
            a.mov(__dword_ptr[rdi + 0x300], 0xc4600 | (uint)(SmpGuest.Trampoline >> 12));
            a.mov(ecx, 100000);
            Label spin = a.CreateLabel();
            a.Label(ref spin);
            a.dec(ecx);
            a.jnz(spin);
            BareGuest.PowerOff(a, 1);
        });

        guest.Bare.Run();
        Assert.That(guest.Bare.ReadPhysical(Done), Is.EqualTo(1));
    }

    [TestCase(0)]
    [TestCase(9)]
    public void OnlyOneToEightProcessors(int cpus) => Assert.That(
        () => new BareGuest(cpus), Throws.TypeOf<BootException>().With.Message.StartsWith("cpu-count"));

    private static void Tick(Assembler a)
    {
        Label again = a.CreateLabel();
        a.mov(__dword_ptr[rdi + 0x320], 0x20000 | (uint)SmpGuest.TimerVector);
        a.mov(__dword_ptr[rdi + 0x3e0], 0xb);
        a.mov(__dword_ptr[rdi + 0x380], 1_000_000);
        a.sti();
        a.Label(ref again);
        a.hlt();
        a.jmp(again);
    }

    private static void WaitFor(Assembler a, int address, int value)
    {
        Label wait = a.CreateLabel();
        a.Label(ref wait);
        a.pause();
        a.cmp(__qword_ptr[address], value);
        a.jne(wait);
    }

    // Each processor appends its number to one log 60 times, with some work in between.
    private static byte[] Interleaving(ulong seed)
    {
        const int entries = 60;
        using SmpGuest guest = new(3, seed);
        void Append(Assembler a)
        {
            Label again = a.CreateLabel();
            Label work = a.CreateLabel();
            a.mov(ebx, entries);
            a.Label(ref again);
            a.mov(eax, 1);
            a.@lock.xadd(__qword_ptr[Counter], rax);
            a.mov(__byte_ptr[rax + Log], sil);
            a.mov(ecx, 300);
            a.Label(ref work);
            a.dec(ecx);
            a.jnz(work);
            a.dec(ebx);
            a.jnz(again);
            a.@lock.inc(__qword_ptr[Done]);
        }

        guest.Others(a =>
        {
            Append(a);
            a.hlt();
        });
        guest.Boot(a =>
        {
            a.xor(esi, esi);
            Append(a);
            WaitFor(a, Done, 3);
            BareGuest.PowerOff(a, 1);
        });
        Assert.That(guest.Bare.Run(), Is.InstanceOf<MachineStop.PowerOff>());
        byte[] log = new byte[3 * entries];
        guest.Bare.Machine.Memory.Read(new Memory.GuestPhysicalAddress(Log), log);
        return log;
    }
}
