using Iced.Intel;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Functions of the guest that run outside of its time.</summary>
public sealed class ServiceVcpuTests
{
    private const ulong Function = 0x140000;
    private const ulong Data = 0x700000;
    private const ulong StackBottom = 0x780000;
    private const ulong StackTop = 0x782000;
    private const ulong Cr3 = 0x4000;

    [Test]
    public void AFunctionIsCalledByTheAbiAndTheGuestDoesNotMove()
    {
        using BareGuest guest = new();
        RegisterFile before = guest.Registers;
        ServiceCallResult result = Call(guest, a =>
        {
            a.push(rbx);
            a.lea(rax, __[rdi + rsi]);
            a.imul(rax, rdx);
            a.pop(rbx);
            a.ret();
        });

        Assert.That(result, Is.EqualTo(new ServiceCallResult(ServiceCallEnd.Returned, 30)));
        Assert.That(guest.Registers, Is.EqualTo(before));
        Assert.That((guest.Machine.Clock.Now, guest.Machine.Clock.Blocks), Is.EqualTo((0UL, 0UL)));
    }

    [Test]
    public void StoresGoWhereTheFilterSaysAndItSeesTheOldBytes()
    {
        using BareGuest guest = new();
        guest.Write64(Data, 7);
        Filter filter = new(guest, address => address is >= Data and < Data + 16);
        Assert.That(Call(guest, a => a.Store(Data + 8, 5), filter).Succeeded, Is.True);
        Assert.That(Call(guest, a => a.Store(Data, 6), filter).Succeeded, Is.True);

        Assert.That((guest.ReadPhysical(Data), guest.ReadPhysical(Data + 8)), Is.EqualTo((6UL, 5UL)));
        Assert.That(filter.Old, Is.EqualTo(new[] { (Data + 8, 0UL), (Data, 7UL) }));
    }

    public static IEnumerable<TestCaseData> ForbiddenStores()
    {
        yield return Named("mov", a => a.mov(__qword_ptr[rbx], rax));
        yield return Named("add", a => a.@lock.add(__dword_ptr[rbx], eax));
        yield return Named("cmpxchg16b", a => a.cmpxchg16b(__xmmword_ptr[rbx]));
        yield return Named("fxsave", a => a.fxsave(__[rbx]));
        yield return Named("fnsave", a => a.fnsave(__[rbx]));
        yield return Named("push", a =>
        {
            a.mov(rsp, rbx);
            a.push(rax);
        });
        yield return Named("rep stosq", a =>
        {
            a.mov(rdi, rbx);
            a.mov(ecx, 4);
            a.rep.stosq();
        });
        yield return Named("movdqu", a => a.movdqu(__xmmword_ptr[rbx], xmm0));
        yield return Named("maskmovdqu", a =>
        {
            a.pcmpeqb(xmm0, xmm0);
            a.mov(rdi, rbx);
            a.maskmovdqu(xmm0, xmm0);
        });
    }

    [TestCaseSource(nameof(ForbiddenStores))]
    public void AForbiddenStoreEndsTheCallBeforeAByteChanges(Action<Assembler> store)
    {
        using BareGuest guest = new();
        for (ulong at = 0; at < 1024; at += 8)
        {
            guest.Write64(Data + at, 0x1111111111111111 * (1 + (at % 7)));
        }

        byte[] before = guest.Machine.Memory.Span(new GuestPhysicalAddress(Data), 4096).ToArray();
        ServiceCallResult result = Call(guest, a =>
        {
            a.mov(rbx, Data + 512);
            a.mov(rax, ~0UL);
            store(a);
            a.mov(__qword_ptr[StackBottom], 1);
            a.jmp(rax);
        });

        Assert.That(result.End, Is.EqualTo(ServiceCallEnd.ForbiddenStore));
        Assert.That(result.Address, Is.InRange(Data + 504, Data + 512));
        Assert.That(guest.Machine.Memory.Span(new GuestPhysicalAddress(Data), 4096).ToArray(), Is.EqualTo(before));
    }

    public static IEnumerable<TestCaseData> ForbiddenInstructions()
    {
        yield return Named("hlt", a => a.hlt());
        yield return Named("cli", a => a.cli());
        yield return Named("sti", a => a.sti());
        yield return Named("int", a => a.@int(0x80));
        yield return Named("int3", a => a.int3());
        yield return Named("syscall", a => a.syscall());
        yield return Named("wrmsr", a => a.wrmsr());
        yield return Named("mov cr3", a => a.mov(cr3, rax));
        yield return Named("mov cr0", a => a.mov(rax, cr0));
        yield return Named("lidt", a => a.lidt(__[rax]));
        yield return Named("iretq", a => a.iretq());
        yield return Named("vmcall", a => a.vmcall());
        yield return Named("rdtsc", a => a.rdtsc());
        yield return Named("cpuid", a => a.cpuid());
        yield return Named("swapgs", a => a.swapgs());
        yield return Named("invlpg", a => a.invlpg(__[rax]));
    }

    [TestCaseSource(nameof(ForbiddenInstructions))]
    public void AForbiddenInstructionEndsTheCallEachTime(Action<Assembler> instruction)
    {
        using BareGuest guest = new();
        for (int i = 0; i < 3; i++)
        {
            ServiceCallResult result = Call(guest, a =>
            {
                a.mov(eax, 1);
                instruction(a);
                a.ret();
            });
            Assert.That((result.End, result.Rip), Is.EqualTo((ServiceCallEnd.ForbiddenInstruction, Function + 5)), $"call {i}");
        }

        Assert.That(Call(guest, a => a.ret()).Succeeded, Is.True, "the next function is called as ever");
    }

    [Test]
    public void APortAndDeviceMemoryAreRefused()
    {
        using BareGuest guest = new();
        ServiceCallResult port = Call(guest, a =>
        {
            a.@out(0xf4, eax);
            a.ret();
        });
        Assert.That((port.End, port.Address), Is.EqualTo((ServiceCallEnd.ForbiddenAccess, 0xf4UL)));
        ulong page = guest.MapSmall(0, 0xfee00000, 3);
        ServiceCallResult device = Call(guest, a =>
        {
            a.mov(rax, page + 0x20);
            a.mov(eax, __dword_ptr[rax]);
            a.mov(__dword_ptr[Data], eax);
            a.ret();
        });
        Assert.That((device.End, device.Address), Is.EqualTo((ServiceCallEnd.ForbiddenAccess, 0xfee00020UL)));
        Assert.That(guest.ReadPhysical(Data), Is.Zero);
    }

    [Test]
    public void AFaultIsToldAndNotDelivered()
    {
        using BareGuest guest = new();
        ulong page = guest.MapSmall(0, Data, 0);
        ServiceCallResult fault = Call(guest, a =>
        {
            a.mov(rax, page + 0x123);
            a.mov(rax, __qword_ptr[rax]);
            a.ret();
        });
        Assert.That(fault, Is.EqualTo(new ServiceCallResult(ServiceCallEnd.Faulted, 0, Function + 10, ExceptionVector.PageFault, page + 0x123)));
        ServiceCallResult divide = Call(guest, a =>
        {
            a.xor(ecx, ecx);
            a.div(rcx);
            a.ret();
        });
        Assert.That((divide.End, divide.Vector), Is.EqualTo((ServiceCallEnd.Faulted, (byte)0)));
        ServiceCallResult undefined = Call(guest, a => a.ud2());
        Assert.That((undefined.End, undefined.Vector), Is.EqualTo((ServiceCallEnd.Faulted, ExceptionVector.InvalidOpcode)));
        Assert.That(Call(guest, a => a.ret()).Succeeded, Is.True);
    }

    [Test]
    public void ALoopAndAnEndlessRepetitionEndWithTheBudget()
    {
        using BareGuest guest = new();
        ServiceCallResult loop = Call(guest, a =>
        {
            Label self = a.CreateLabel();
            a.Label(ref self);
            a.jmp(self);
        });
        Assert.That(loop.End, Is.EqualTo(ServiceCallEnd.Overran));
        ServiceCallResult repeat = Call(guest, a =>
        {
            a.mov(rcx, ~0UL);
            a.mov(rsi, 0x1000);
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.lodsb();
            a.mov(rsi, 0x1000);
            a.loop(again);
            a.ret();
        });
        Assert.That(repeat.End, Is.EqualTo(ServiceCallEnd.Overran));
    }

    [Test]
    public void AFunctionOrStackThatIsNotThereIsRefused()
    {
        using BareGuest guest = new();
        Assert.That(guest.Machine.Service.Call(Make(guest, new(guest, _ => true)) with { Function = new(1UL << 45) }).End, Is.EqualTo(ServiceCallEnd.BadFunction));
        Assert.That(guest.Machine.Service.Call(Make(guest, new(guest, _ => true)) with { StackTop = new(StackBottom) }).End, Is.EqualTo(ServiceCallEnd.BadStack));
        Assert.That(guest.Machine.Service.Call(Make(guest, new(guest, _ => true)) with { StackBottom = new(StackBottom + 8) }).End, Is.EqualTo(ServiceCallEnd.BadStack));
        ServiceCallResult away = Call(guest, a =>
        {
            a.mov(rax, 1UL << 45);
            a.jmp(rax);
        });
        Assert.That((away.End, away.Vector, away.Address), Is.EqualTo((ServiceCallEnd.Faulted, ExceptionVector.PageFault, 1UL << 45)));
    }

    [Test]
    public void TheStackIsClosedAgainBehindACall()
    {
        using BareGuest guest = new();
        Call(guest, a => a.ret());
        guest.Assemble(Function, a => a.Store(StackBottom, 1));
        ServiceCall call = Make(guest, new(guest, _ => false)) with { StackBottom = new(StackBottom + 0x8000), StackTop = new(StackTop + 0x8000) };
        Assert.That(guest.Machine.Service.Call(call).End, Is.EqualTo(ServiceCallEnd.ForbiddenStore));
    }

    [Test]
    public void CodeThatWasWrittenJustBeforeIsSeen()
    {
        using BareGuest guest = new();
        for (ulong i = 0; i < 20; i++)
        {
            ulong value = i;
            Assert.That(Call(guest, a =>
            {
                a.mov(rax, value);
                a.ret();
            }).Value, Is.EqualTo(i));
        }
    }

    [Test]
    public void ItMayBeCalledInsideAStoreAndAtItsBoundary([Values] StoreMethod method)
    {
        using BareGuest guest = new();
        guest.Assemble(Function, a =>
        {
            a.mov(rax, __qword_ptr[Data]);
            a.add(rax, rax);
            a.mov(__qword_ptr[Data + 0x1000], rax);
            a.ret();
        });
        Transfer transfer = new(guest, Make(guest, new(guest, address => address >= Data + 0x1000)));
        guest.Machine.Protection.Protect(new GuestPhysicalAddress(Data), transfer, method);
        guest.Boot(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(ecx, 50);
            a.Label(ref loop);
            a.mov(__dword_ptr[Data], ecx);
            a.dec(ecx);
            a.jnz(loop);
            BareGuest.PowerOff(a, 0);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That(guest.ReadPhysical(Data + 0x1000), Is.EqualTo(2));
        Assert.That(transfer.Results, Has.Count.EqualTo(100).And.All.Property(nameof(ServiceCallResult.Succeeded)).True);
    }

    [Test]
    public void ItMayNotBeCalledFromItsFilter()
    {
        using BareGuest guest = new();
        Filter filter = new(guest, _ => guest.Machine.Service.Call(Make(guest, new(guest, _ => true))).Succeeded);
        Assert.That(() => Call(guest, a => a.Store(Data, 1), filter), Throws.InvalidOperationException.With.Message.Contains("service-inside-itself"));
        Assert.That(Call(guest, a => a.ret()).Succeeded, Is.True);
    }

    [Test]
    public void ACallAllocatesNothing()
    {
        using BareGuest guest = new();
        guest.Assemble(Function, a => a.Store(Data, 1));
        ServiceCall call = Make(guest, new(guest, _ => true) { Keeps = false });
        guest.Machine.Service.Call(in call);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            guest.Machine.Service.Call(in call);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static TestCaseData Named(string name, Action<Assembler> emit) => new TestCaseData(emit).SetArgDisplayNames(name);

    private static ServiceCallResult Call(BareGuest guest, Action<Assembler> function, Filter? filter = null)
    {
        guest.Assemble(Function, function);
        return guest.Machine.Service.Call(Make(guest, filter ?? new(guest, _ => false)));
    }

    private static ServiceCall Make(BareGuest guest, Filter filter) =>
        new(new GuestVirtualAddress(Function), Cr3, 2, 3, 6, new GuestVirtualAddress(StackBottom), new GuestVirtualAddress(StackTop), 10_000, filter);

    private sealed class Filter(BareGuest guest, Func<ulong, bool> allows) : IStoreFilter
    {
        internal List<(ulong, ulong)> Old { get; } = [];

        internal bool Keeps { get; init; } = true;

        public bool Allows(GuestPhysicalAddress address, int size)
        {
            if (Keeps)
            {
                Old.Add((address.Value, guest.ReadPhysical(address.Value & ~7UL)));
            }

            return allows(address.Value);
        }
    }

    private sealed class Transfer(BareGuest guest, ServiceCall call) : IWriteListener
    {
        internal List<ServiceCallResult> Results { get; } = [];

        public StoreReaction OnStore(in GuardedStore store)
        {
            Results.Add(guest.Machine.Service.Call(in call));
            return StoreReaction.Boundary;
        }

        public bool AtBoundary(Vcpu vcpu)
        {
            Results.Add(guest.Machine.Service.Call(in call));
            return true;
        }
    }
}
