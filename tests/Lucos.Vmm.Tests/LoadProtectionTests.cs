using Iced.Intel;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>A load from a guarded page finds what its listener puts there, whatever instruction loads; the guest can't tell that somebody did.</summary>
public sealed class LoadProtectionTests
{
    private const ulong Page = 0x300000;
    private const ulong PageSize = 4096;
    private const ulong Middle = Page + 0x800;

    // So near to the end of the page that all loads of more than three bytes cross into the next one.
    private const ulong Edge = Page + PageSize - 3;
    private const ulong Function = 0x140000;
    private const ulong StackBottom = 0x780000;
    private const ulong StackTop = 0x782000;
    private const ulong Cr3 = 0x4000;

    // RBX and RSI point at the place. What of it lies in the guarded page, nobody has put there yet.
    private static readonly Dictionary<string, Action<Assembler>> s_forms = new()
    {
        ["mov"] = a => a.mov(rcx, __qword_ptr[rbx]),
        ["byte"] = a => a.movzx(ecx, __byte_ptr[rbx + 7]),
        ["add from"] = a => a.add(rcx, __qword_ptr[rbx]),
        ["add to"] = a => a.add(__qword_ptr[rbx], 3),
        ["cmp"] = a => a.cmp(__qword_ptr[rbx], 3),
        ["lock xadd"] = a => a.@lock.xadd(__qword_ptr[rbx], rcx),
        ["xchg"] = a => a.xchg(__qword_ptr[rbx], rcx),
        ["cmpxchg16b"] = a => a.cmpxchg16b(__xmmword_ptr[rbx]),
        ["cmpxchg8b"] = a => a.cmpxchg8b(__qword_ptr[rbx]),
        ["bt"] = a => a.bt(__dword_ptr[rbx], 5),
        ["inc"] = a => a.inc(__dword_ptr[rbx + 4]),
        ["movups"] = a => a.movups(xmm0, __xmmword_ptr[rbx]),
        ["movhps"] = a => a.movhps(xmm1, __qword_ptr[rbx]),
        ["fld"] = a => a.fld(__qword_ptr[rbx]),
        ["lods"] = a => a.lodsq(),
        ["movs"] = a => a.movsq(),
        ["rep movs"] = a =>
        {
            a.mov(ecx, 12);
            a.rep.movsb();
        },
        ["repe cmps"] = a =>
        {
            a.mov(ecx, 3);
            a.repe.cmpsd();
        },
        ["push"] = a => a.push(__qword_ptr[rbx]),
        ["pop"] = a =>
        {
            a.mov(rsp, rbx);
            a.pop(rcx);
        },
        ["call"] = a => a.call(__qword_ptr[rbx + 16]),
        ["ret"] = a =>
        {
            a.lea(rsp, __[rbx + 16]);
            a.ret();
        },
        ["iret"] = a =>
        {
            a.lea(rsp, __[rbx + 16]);
            a.iretq();
        },
        ["handler"] = a => a.@int(0x40),
    };

    private static IEnumerable<string> Forms => s_forms.Keys;

    // CMPXCHG16B faults where it is not aligned.
    private static IEnumerable<string> UnalignedForms => s_forms.Keys.Where(form => form != "cmpxchg16b");

    [TestCaseSource(nameof(Forms))]
    public void ALoadFindsWhatItsListenerPutsThere(string form) => Check(s_forms[form], Middle, Page);

    [TestCaseSource(nameof(UnalignedForms))]
    public void ALoadAcrossPagesFindsItWhenTheSecondOneIsGuarded(string form) => Check(s_forms[form], Edge, Page + PageSize);

    [Test]
    public void APageThatIsNotGuardedIsNotTold()
    {
        using BareGuest guest = Program(s_forms["mov"], Middle, isFilled: false);
        Filler filler = new(guest.Machine, Middle);
        guest.Machine.Loads.Set([new GuestPhysicalAddress(Page + PageSize)], filler);
        guest.Run();
        Assert.That((filler.Loads, guest.Registers.Rcx), Is.EqualTo((0, 0UL)));

        guest.Machine.Loads.Set([], filler);
        Assert.That(guest.Machine.Loads.PageCount, Is.Zero);
    }

    [Test]
    public void LoadsOfAnotherProcessorAreToldAndTheyFindWhatIsPutThere()
    {
        const ulong seen = BareGuest.Scratch;
        using SmpGuest guest = new(cpus: 2);
        guest.Others(a =>
        {
            a.mov(rcx, __qword_ptr[Middle]);
            a.mov(__qword_ptr[seen], rcx);
            a.hlt();
        });
        guest.Boot(a =>
        {
            Label wait = a.CreateLabel();
            a.Label(ref wait);
            a.pause();
            a.cmp(__qword_ptr[seen], 0);
            a.je(wait);
            BareGuest.PowerOff(a, 1);
        });
        Filler filler = new(guest.Bare.Machine, Middle);
        guest.Bare.Machine.Loads.Set([new GuestPhysicalAddress(Page)], filler);
        Assert.That(guest.Bare.Run(), Is.InstanceOf<MachineStop.PowerOff>());
        Assert.That((filler.LastCpu, guest.Bare.ReadPhysical(seen)), Is.EqualTo((1, 0x3ff1_2345_6789_abcdUL)));
    }

    [Test]
    public void APageOutsideOfRamIsRefused()
    {
        using BareGuest guest = new();
        Filler filler = new(guest.Machine, Middle);
        Assert.That(() => guest.Machine.Loads.Set([new GuestPhysicalAddress(1UL << 40)], filler), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(guest.Machine.Loads.PageCount, Is.Zero);
    }

    [Test]
    public void TheBoundaryBehindALoadIsTheEndOfItsBlock()
    {
        using BareGuest guest = Program(s_forms["mov"], Middle, isFilled: false);
        Filler filler = new(guest.Machine, Middle) { WantsBoundary = true };
        guest.Machine.Loads.Set([new GuestPhysicalAddress(Page)], filler);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.That((filler.Boundaries, guest.Registers.R10), Is.EqualTo((1, 1UL)));
    }

    [Test]
    public void AServiceFunctionLoadsOnlyWhatIsAllowed([Values] bool isAllowed)
    {
        using BareGuest guest = new();
        guest.Write64(Middle, 7);
        Filler filler = new(guest.Machine, Middle) { AllowsService = isAllowed };
        guest.Machine.Loads.Set([new GuestPhysicalAddress(Page)], filler);
        guest.Assemble(Function, a =>
        {
            a.mov(rax, __qword_ptr[rdi]);
            a.ret();
        });
        ServiceCallResult result = guest.Machine.Service.Call(
            new ServiceCall(new GuestVirtualAddress(Function), Cr3, Middle, 0, 0, new GuestVirtualAddress(StackBottom), new GuestVirtualAddress(StackTop), 1000, new Nowhere()));
        Assert.That(
            (result.End, result.Value, result.Address),
            Is.EqualTo(isAllowed ? (ServiceCallEnd.Returned, 7UL, 0UL) : (ServiceCallEnd.ForbiddenLoad, 0UL, Middle)));
    }

    [Test]
    public void ASecondListenerIsRefused()
    {
        using BareGuest guest = new();
        guest.Machine.Loads.Set([new GuestPhysicalAddress(Page)], new Filler(guest.Machine, Middle));
        Assert.That(
            () => guest.Machine.Loads.Set([new GuestPhysicalAddress(Page)], new Filler(guest.Machine, Middle)),
            Throws.InvalidOperationException.With.Message.Contains("loads-already-guarded"));
    }

    private static void Check(Action<Assembler> form, ulong place, ulong guarded)
    {
        using BareGuest filled = Program(form, place, isFilled: true);
        Assert.That(filled.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));

        using BareGuest guest = Program(form, place, isFilled: true);
        guest.Write(guarded, new byte[PageSize]);
        Filler filler = new(guest.Machine, place);
        guest.Machine.Loads.Set([new GuestPhysicalAddress(guarded)], filler);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)));
        Assert.Multiple(() =>
        {
            Assert.That(filler.Loads, Is.Positive);
            Assert.That(guest.Registers, Is.EqualTo(filled.Registers));
            for (int i = 0; i < 2; i++)
            {
                Assert.That(guest.Cpu.FloatingPoint.Vector(i).ToArray(), Is.EqualTo(filled.Cpu.FloatingPoint.Vector(i).ToArray()));
            }

            Assert.That(guest.Cpu.FloatingPoint.X87(0).ToArray(), Is.EqualTo(filled.Cpu.FloatingPoint.X87(0).ToArray()));
            Assert.That((guest.Machine.Clock.Blocks, guest.Machine.Clock.Now), Is.EqualTo((filled.Machine.Clock.Blocks, filled.Machine.Clock.Now)));
            Assert.That(guest.Machine.HashMemory(), Is.EqualTo(filled.Machine.HashMemory()));
        });
    }

    private static BareGuest Program(Action<Assembler> form, ulong place, bool isFilled)
    {
        BareGuest guest = new();
        guest.Handle(0x40, a =>
        {
            a.mov(rcx, __qword_ptr[rbx]);
            a.iretq();
        });
        ulong end = guest.Assemble(0x150000, a =>
        {
            a.inc(r10);
            BareGuest.PowerOff(a, 0);
        });
        guest.Boot(a =>
        {
            a.mov(ebx, (uint)place);
            a.mov(rsi, rbx);
            a.mov(edi, 0x700000);
            a.mov(ecx, 0x55);
            a.xor(eax, eax);
            a.xor(edx, edx);
            form(a);
            a.mov(r9, end);
            a.jmp(r9);
        });
        if (isFilled)
        {
            Fill(guest.Machine, place);
        }

        return guest;
    }

    // Sixteen bytes of data, then a frame for IRET, whose first word serves RET and CALL too.
    private static void Fill(Machine machine, ulong place)
    {
        ulong[] words = [0x3ff1_2345_6789_abcd, 0x0fed_cba9_8765_4321, 0x150000, BareGuest.KernelCode, 0x46, BareGuest.BootStack, BareGuest.KernelData];
        for (int i = 0; i < words.Length; i++)
        {
            machine.Memory.Write(new GuestPhysicalAddress(place + ((ulong)i * sizeof(ulong))), BitConverter.GetBytes(words[i]));
        }
    }

    private sealed class Nowhere : IStoreFilter
    {
        public bool Allows(GuestPhysicalAddress address, int size) => false;
    }

    private sealed class Filler(Machine machine, ulong place) : ILoadListener
    {
        internal int Loads { get; private set; }

        internal int LastCpu { get; private set; }

        internal int Boundaries { get; private set; }

        internal bool WantsBoundary { get; init; }

        internal bool AllowsService { get; init; }

        public StoreReaction OnStore(in GuardedStore store) => StoreReaction.Continue;

        public bool OnLoad(in GuardedLoad load)
        {
            LastCpu = load.Cpu;
            if (Loads++ == 0)
            {
                Fill(machine, place);
            }

            return WantsBoundary;
        }

        public bool AllowsServiceLoad(in GuardedLoad load) => AllowsService;

        public bool AtBoundary(Vcpu vcpu)
        {
            Boundaries++;
            return true;
        }
    }
}
