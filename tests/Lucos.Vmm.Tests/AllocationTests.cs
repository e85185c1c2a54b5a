using Iced.Intel;
using Lucos.Vmm.Devices.Apic;
using Lucos.Vmm.Hypercalls;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>The machine's thread allocates nothing while a guest does what guests do all the time: a collection would stop it at the host's whim.</summary>
public sealed class AllocationTests
{
    private const ulong SyscallEntry = 0x130000;
    private const ulong ServiceVector = 0x81;
    private const byte InterruptVector = 0x82;
    private const int EndOfInterrupt = 0xb0;
    private const int SpuriousVector = 0xf0;
    private const int InterruptCommand = 0x300;
    private const uint ToSelf = 0x4_0000;
    private const uint Enabled = 0x1ff;
    private const ulong Unmapped = 0x7f_0000_0000;
    private const ulong WarmUpBlocks = 100_000;
    private const ulong Blocks = 150_000;

    // The runtime allocates a few hundred bytes of its own now and then, while it compiles; what an exit allocates is in every run.
    private const int Repetitions = 5;

    [TestCase(1)]
    [TestCase(2)]
    public void NothingIsAllocatedByExitsTrapsAndInterrupts(int cpus)
    {
        using BareGuest guest = new(cpus);
        Counter counter = new();
        guest.Machine.Hypercalls.Register(counter);
        Prepare(guest);
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(WarmUpBlocks)), Is.InstanceOf<MachineStop.Limit>());
        ulong hypercalls = counter.Count, halts = guest.Machine.IdleWarps;
        ulong faults = guest.ReadPhysical(BareGuest.Scratch + 8), interrupts = guest.ReadPhysical(BareGuest.Scratch + 24);

        long shortRun = Allocated(guest, 1);
        long longRun = Enumerable.Range(0, Repetitions).Min(_ => Allocated(guest, Blocks));

        Assert.Multiple(() =>
        {
            Assert.That(longRun, Is.EqualTo(shortRun), "bytes; a run itself may allocate its result");
            Assert.That(counter.Count - hypercalls, Is.GreaterThan(5_000));
            Assert.That(guest.Machine.IdleWarps - halts, Is.GreaterThan(5_000));
            Assert.That(guest.ReadPhysical(BareGuest.Scratch + 8) - faults, Is.GreaterThan(5_000));
            Assert.That(guest.ReadPhysical(BareGuest.Scratch + 24) - interrupts, Is.GreaterThan(5_000));
        });
    }

    [Test]
    public void AnAllocationInAHandlerIsSeen()
    {
        using BareGuest guest = new();
        guest.Machine.Hypercalls.Register(new Counter { Allocates = true });
        Prepare(guest);
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(WarmUpBlocks)), Is.InstanceOf<MachineStop.Limit>());
        long shortRun = Allocated(guest, 1);
        Assert.That(Allocated(guest, Blocks), Is.GreaterThan(shortRun));
    }

    // Ring 3: a page fault, a system call, and INT to ring 0, which reads and writes ports, makes a hypercall, interrupts itself and halts until the
    // timer interrupts.
    private static void Prepare(BareGuest guest)
    {
        guest.Assemble(SyscallEntry, a =>
        {
            a.inc(__qword_ptr[BareGuest.Scratch + 16]);
            a.sysretq();
        });
        guest.Handle(14, a =>
        {
            a.inc(__qword_ptr[BareGuest.Scratch + 8]);
            a.mov(rbx, BareGuest.UserStack - 64);
            a.add(rsp, 8);
            a.iretq();
        });
        guest.Handle(InterruptVector, a =>
        {
            a.inc(__qword_ptr[BareGuest.Scratch + 24]);
            a.mov(__dword_ptr[rbx + EndOfInterrupt], 0);
            a.iretq();
        });
        InterruptTests.CountAndEnd(guest, 0x20);
        guest.Handle((byte)ServiceVector, Serve, dpl: 3);
        guest.Assemble(BareGuest.UserCode, a =>
        {
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.mov(rbx, Unmapped);
            a.mov(__dword_ptr[rbx], eax);
            a.syscall();
            a.@int((byte)ServiceVector);
            a.jmp(loop);
        });
        guest.Boot(a =>
        {
            InterruptTests.InitialisePics(a, mask: 0xfe);
            InterruptTests.StartTimer(a, 1193);
            a.mov(ebx, (uint)LocalApic.BaseAddress);
            a.mov(__dword_ptr[rbx + SpuriousVector], Enabled);
            BareGuest.WriteMsr(a, 0xc000_0081, (0x10UL << 32) | (0x20UL << 48));
            BareGuest.WriteMsr(a, 0xc000_0082, SyscallEntry);
            BareGuest.WriteMsr(a, 0xc000_0084, 0x200);
            a.push(BareGuest.UserData);
            a.push((int)BareGuest.UserStack);
            a.push(0x2);
            a.push(BareGuest.UserCodeSelector);
            a.push((int)BareGuest.UserCode);
            a.iretq();
        });
    }

    private static void Serve(Assembler a)
    {
        Label next = a.CreateLabel(), open = a.CreateLabel();
        a.@in(al, 0x71);
        a.@out(0x80, al);
        a.rdtsc();
        a.mov(dx, 0x4c55);
        a.mov(eax, 1);
        a.@out(dx, eax);
        a.jmp(next);
        a.Label(ref next);
        a.mov(ebx, (uint)LocalApic.BaseAddress);
        a.mov(__dword_ptr[rbx + InterruptCommand], ToSelf | InterruptVector);
        a.sti();
        a.jmp(open);
        a.Label(ref open);
        a.nop();
        a.hlt();
        a.iretq();
    }

    private static long Allocated(BareGuest guest, ulong blocks)
    {
        RunLimits limits = RunLimits.ForBlocks(blocks);
        long before = GC.GetAllocatedBytesForCurrentThread();
        MachineStop stop = guest.Machine.Run(limits);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(stop, Is.InstanceOf<MachineStop.Limit>());
        return allocated;
    }

    private sealed class Counter : IHypercallHandler
    {
        internal ulong Count { get; private set; }

        internal bool Allocates { get; init; }

        private object? Last { get; set; }

        public long? Handle(HypercallContext context)
        {
            Count++;
            if (Allocates)
            {
                Last = new object();
            }

            return Last is null && context.Memory.Cr3 == 0 ? -1 : 0;
        }
    }
}
