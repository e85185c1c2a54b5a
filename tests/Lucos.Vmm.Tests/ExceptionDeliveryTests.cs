using Iced.Intel;
using Lucos.Vmm.Cpu;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Exceptions and software interrupts through the guest's IDT (Intel SDM vol. 3 chapter 6).</summary>
public sealed class ExceptionDeliveryTests
{
    [Test]
    public void APageFaultPushesErrorCodeAndRipAndSetsCr2()
    {
        using BareGuest guest = new();
        ulong page = guest.MapSmall(1, 0x700000, 0);
        Label faulting = default;
        guest.Boot(a =>
        {
            faulting = a.CreateLabel();
            a.mov(rbx, page + 0x123);
            a.mov(__[rbx], al);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.PageFault));
        Assert.Multiple(() =>
        {
            Assert.That(guest.Frame(0), Is.EqualTo(2), "not present, write, supervisor");
            Assert.That(guest.Registers.Cr2, Is.EqualTo(page + 0x123));
            Assert.That(guest.ReadPhysical(guest.Frame(1)) & 0xffff, Is.EqualTo(0x0388), "RIP is the store itself");
            Assert.That(guest.Frame(4), Is.EqualTo(BareGuest.BootStack));
        });
    }

    [Test]
    public void AWriteToAReadOnlyPageIsAProtectionFaultAndAReadIsNone()
    {
        using BareGuest guest = new();
        ulong page = guest.MapSmall(1, 0x700000, 1);
        guest.Boot(a =>
        {
            a.mov(rbx, page);
            a.mov(al, __[rbx]);
            a.mov(__[rbx], al);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.PageFault));
        Assert.That(guest.Frame(0), Is.EqualTo(3), "present, write");
    }

    [Test]
    public void AFetchFromANoExecutePageIsReportedAsAFetch()
    {
        using BareGuest guest = new();
        ulong page = guest.MapSmall(1, 0x700000, 3 | (1UL << 63));
        guest.Boot(a =>
        {
            a.mov(rbx, page);
            a.jmp(rbx);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.PageFault));
        Assert.That(guest.Frame(0), Is.EqualTo(0x11), "present, fetch");
        Assert.That(guest.Frame(1), Is.EqualTo(page));
    }

    [Test]
    public void TwoPageFaultsOneAfterTheOtherAreBothDeliveredAsPageFaults()
    {
        using BareGuest guest = new();
        ulong first = guest.MapSmall(1, 0x700000, 0);
        guest.MapSmall(2, 0x701000, 0);
        guest.Handle(ExceptionVector.PageFault, a =>
        {
            a.inc(__qword_ptr[BareGuest.Scratch]);
            a.add(rsp, 8);
            a.add(__qword_ptr[rsp], 2);
            a.iretq();
        });
        guest.Boot(a =>
        {
            a.mov(rbx, first);
            a.mov(__[rbx], al);
            a.mov(rbx, first + 0x1000);
            a.mov(__[rbx], al);
            BareGuest.PowerOff(a, 7);
        });

        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(7)));
        Assert.That(guest.ReadPhysical(BareGuest.Scratch), Is.EqualTo(2));
    }

    [Test]
    public void AFaultInRing3SwitchesToRsp0AndPushesTheUserStack()
    {
        using BareGuest guest = new();
        guest.BootToUser(a =>
        {
            a.mov(ebx, (uint)BareGuest.Scratch);
            a.mov(__[rbx], al);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.PageFault));
        Assert.Multiple(() =>
        {
            Assert.That(guest.Registers.Rsp, Is.EqualTo(BareGuest.KernelStack - 48));
            Assert.That(guest.Frame(0), Is.EqualTo(7), "present, write, user");
            Assert.That(guest.Frame(2), Is.EqualTo(BareGuest.UserCodeSelector));
            Assert.That(guest.Frame(4), Is.EqualTo(BareGuest.UserStack));
            Assert.That(guest.Frame(5), Is.EqualTo(BareGuest.UserData));
            Assert.That(guest.Registers.Cpl, Is.Zero);
            Assert.That(guest.Registers.Ss.Selector, Is.Zero, "a null SS after a privilege change");
        });
    }

    [Test]
    public void AnInterruptFromRing3ReturnsThereWithIretq()
    {
        using BareGuest guest = new();
        guest.Handle(0x80, a =>
        {
            a.mov(__qword_ptr[BareGuest.Scratch], 1);
            a.iretq();
        }, dpl: 3);
        guest.BootToUser(a =>
        {
            a.@int(0x80);
            a.@int(0x81);
        });
        guest.SetGate(0x81, BareGuest.Handlers + (0x81 * 16), dpl: 3);

        Assert.That(guest.RunToTrap(), Is.EqualTo(0x81));
        Assert.That(guest.ReadPhysical(BareGuest.Scratch), Is.EqualTo(1));
        Assert.That(guest.Frame(0), Is.EqualTo(BareGuest.UserCode + 4), "RIP behind the second INT");
    }

    [Test]
    public void IntNToAGateOfRing0IsRefusedInRing3AndPointsAtTheInstruction()
    {
        using BareGuest guest = new();
        guest.BootToUser(a =>
        {
            a.nop();
            a.@int(0x80);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.GeneralProtection));
        Assert.That(guest.Frame(0), Is.EqualTo((0x80 << 3) | 2), "index in the IDT, not external");
        Assert.That(guest.Frame(1), Is.EqualTo(BareGuest.UserCode + 1));
    }

    [Test]
    public void IntNToAGateThatIsNotPresentIsNotPresentWithItsIndex()
    {
        using BareGuest guest = new();
        guest.SetGate(0x80, BareGuest.Handlers, present: false);
        guest.Boot(a => a.@int(0x80));

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.SegmentNotPresent));
        Assert.That(guest.Frame(0), Is.EqualTo((0x80 << 3) | 2));
    }

    [Test]
    public void SoftwareInterruptFourteenIsNoPageFault()
    {
        using BareGuest guest = new();
        guest.Boot(a => a.@int(14));

        Assert.That(guest.RunToTrap(), Is.EqualTo(14));
        Assert.That(guest.Frame(1), Is.EqualTo(BareGuest.KernelCode), "no error code is pushed: CS comes right behind RIP");
    }

    [Test]
    public void AnIstGateSwitchesStacksWithoutAPrivilegeChange()
    {
        using BareGuest guest = new();
        guest.SetGate(ExceptionVector.InvalidOpcode, BareGuest.Handlers + (6 * 16), ist: 1);
        guest.Boot(a => a.ud2());

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.InvalidOpcode));
        Assert.That(guest.Registers.Rsp, Is.EqualTo(BareGuest.Ist1 - 40));
        Assert.That(guest.Frame(3), Is.EqualTo(BareGuest.BootStack));
    }

    [Test]
    public void ATrapGateLeavesInterruptsOnAndAnInterruptGateTurnsThemOff()
    {
        using BareGuest guest = new();
        guest.SetGate(0x40, BareGuest.Handlers + (0x40 * 16), type: 0xf);
        guest.Boot(a =>
        {
            a.sti();
            a.nop();
            a.@int(0x40);
        });
        Assert.That(guest.RunToTrap(), Is.EqualTo(0x40));
        Assert.That(guest.Registers.Rflags & 0x200, Is.Not.Zero);

        using BareGuest other = new();
        other.Boot(a =>
        {
            a.sti();
            a.nop();
            a.@int(0x40);
        });
        Assert.That(other.RunToTrap(), Is.EqualTo(0x40));
        Assert.That(other.Registers.Rflags & 0x200, Is.Zero);
        Assert.That(other.Frame(2) & 0x200, Is.Not.Zero, "the pushed flags keep it");
    }

    [Test]
    public void APageFaultThatCannotPushItsFrameIsADoubleFaultOnItsOwnStack()
    {
        using BareGuest guest = new();
        ulong page = guest.MapSmall(1, 0x700000, 0);
        guest.SetGate(ExceptionVector.DoubleFault, BareGuest.Handlers + (8 * 16), ist: 1);
        guest.Boot(a =>
        {
            a.mov(rsp, page + 0x800);
            a.push(rax);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.DoubleFault));
        Assert.That(guest.Frame(0), Is.Zero, "the error code of a double fault is 0");
        Assert.That(guest.Registers.Rsp, Is.EqualTo(BareGuest.Ist1 - 48));
    }

    [Test]
    public void AFaultWhileADoubleFaultIsDeliveredShutsDownWithAReport()
    {
        using BareGuest guest = new();
        ulong page = guest.MapSmall(1, 0x700000, 0);
        guest.Boot(a =>
        {
            a.mov(ebx, 0x1234);
            a.mov(rsp, page + 0x800);
            a.push(rax);
        });

        MachineStop stop = guest.Run();
        Assert.That(stop, Is.InstanceOf<MachineStop.TripleFault>(), stop.ToString());
        ShutdownReport report = ((MachineStop.TripleFault)stop).Report;
        Assert.Multiple(() =>
        {
            Assert.That(report.Cause, Does.Contain("double fault"));
            Assert.That(report.Registers.Rbx, Is.EqualTo(0x1234));
            Assert.That(report.ToString(), Does.Contain("backtrace:"));
            Assert.That(guest.Run(), Is.EqualTo(stop), "it stays shut down");
        });
    }

    [Test]
    public void SoftwareInterruptSixObeysTheGatesPrivilegeInRing3()
    {
        using BareGuest guest = new();
        guest.BootToUser(a => a.@int(6));
        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.GeneralProtection));
        Assert.That(guest.Frame(0), Is.EqualTo((6 << 3) | 2));
        Assert.That(guest.Frame(1), Is.EqualTo(BareGuest.UserCode), "the instruction itself");

        using BareGuest open = new();
        open.SetGate(6, BareGuest.Handlers + (6 * 16), dpl: 3);
        open.BootToUser(a => a.@int(6));
        Assert.That(open.RunToTrap(), Is.EqualTo(6));
        Assert.That(open.Frame(0), Is.EqualTo(BareGuest.UserCode + 2), "behind the instruction");
    }

    [Test]
    public void StepsAndWritesFromOutsideKeepTheArithmeticFlags()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.std();
            a.stc();
            for (int i = 0; i < 3; i++)
            {
                a.nop();
            }
        });
        for (int i = 0; i < 8; i++)
        {
            guest.Cpu.Step();
        }

        Assert.That(guest.Registers.Rflags & 0x401, Is.EqualTo(0x401), "through two steps over NOP");
        guest.Cpu.Registers = guest.Registers with { Rflags = guest.Registers.Rflags & ~1UL };
        guest.Cpu.Step();
        Assert.That(guest.Registers.Rflags & 0x401, Is.EqualTo(0x400));
    }

    [Test]
    public void ASoftwareInterruptPushesRfClear()
    {
        using BareGuest guest = new();
        guest.SetGate(3, BareGuest.Handlers + (3 * 16), dpl: 3);
        guest.BootToUser(a => a.int3(), flags: 0x1_0002);

        Assert.That(guest.RunToTrap(), Is.EqualTo(3));
        Assert.That(guest.Frame(2) & (1 << 16), Is.Zero);
    }

    [Test]
    public void AFrameThatCannotBePushedFaultsAtItsHighestWord()
    {
        using BareGuest guest = new();
        ulong page = guest.MapSmall(1, 0x700000, 0);
        guest.SetGate(ExceptionVector.PageFault, BareGuest.Handlers + (14 * 16), ist: 1);
        guest.Boot(a =>
        {
            a.mov(rsp, page + 0x800);
            a.int3();
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.PageFault));
        Assert.That(guest.Registers.Cr2, Is.EqualTo(page + 0x7f8));
    }

    [TestCase(0x68, 0x0000, 0x100)]
    [TestCase(0x68, 0x0001, ExceptionVector.GeneralProtection)]
    [TestCase(0xf0, 0x0000, ExceptionVector.GeneralProtection)]
    public void ThePortBitmapDecidesInRing3(int bitmap, int bits, int expected)
    {
        using BareGuest guest = new();
        guest.Write64(BareGuest.Gdt + 0x38, 0x0000_8900_0000_00ff | ((BareGuest.Tss & 0xffffff) << 16));
        guest.Write(BareGuest.Tss + 102, BitConverter.GetBytes((ushort)bitmap));
        guest.Write(BareGuest.Tss + 0x68 + 0x10, BitConverter.GetBytes((ushort)bits));
        guest.SetGate(0x81, BareGuest.Handlers + (0x81 * 16), dpl: 3);
        guest.BootToUser(a =>
        {
            a.@out(0x80, al);
            a.@int(0x81);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(expected == 0x100 ? 0x81 : expected));
    }

    [Test]
    public void AnEmptyIdtMakesAnyExceptionATripleFault()
    {
        using BareGuest guest = new();
        guest.Assemble(BareGuest.CodeBase, a => a.ud2());

        Assert.That(guest.Run(), Is.InstanceOf<MachineStop.TripleFault>());
    }

    [Test]
    public void DivideErrorIsDeliveredWithoutAnErrorCode()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.xor(ecx, ecx);
            a.div(rcx);
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(ExceptionVector.DivideError));
        Assert.That(guest.Frame(1), Is.EqualTo(BareGuest.KernelCode));
        Assert.That(guest.Frame(2) & (1 << 16), Is.Not.Zero, "RF is set in the image of a fault");
    }

    [Test]
    public void SyscallEntersAtLstarWithMaskedFlagsAndSysretReturns()
    {
        using BareGuest guest = new();
        const ulong entry = 0x130000;
        guest.Assemble(entry, a =>
        {
            a.mov(__[BareGuest.Scratch], rcx);
            a.mov(__[BareGuest.Scratch + 8], r11);
            a.sysretq();
        });
        guest.SetGate(0x81, BareGuest.Handlers + (0x81 * 16), dpl: 3);
        guest.Assemble(BareGuest.UserCode, a =>
        {
            a.stc();
            a.syscall();
            a.@int(0x81);
        });
        guest.Boot(a =>
        {
            BareGuest.WriteMsr(a, 0xc000_0081, (0x10UL << 32) | (0x20UL << 48));
            BareGuest.WriteMsr(a, 0xc000_0082, entry);
            BareGuest.WriteMsr(a, 0xc000_0084, 0x200);
            a.push(BareGuest.UserData);
            a.push((int)BareGuest.UserStack);
            a.push(0x202);
            a.push(BareGuest.UserCodeSelector);
            a.push((int)BareGuest.UserCode);
            a.iretq();
        });

        Assert.That(guest.RunToTrap(), Is.EqualTo(0x81));
        Assert.Multiple(() =>
        {
            Assert.That(guest.ReadPhysical(BareGuest.Scratch), Is.EqualTo(BareGuest.UserCode + 3), "RCX is behind SYSCALL");
            Assert.That(guest.ReadPhysical(BareGuest.Scratch + 8) & 0x201, Is.EqualTo(0x201), "R11 has IF and CF");
            Assert.That(guest.Frame(1) & 3, Is.EqualTo(3), "back in ring 3");
            Assert.That(guest.Frame(2) & 0x201, Is.EqualTo(0x201), "flags are back");
        });
    }
}
