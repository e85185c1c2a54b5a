using Lucos.Vmm.Devices.Apic;

namespace Lucos.Vmm.Tests;

/// <summary>Registers and priorities of a local APIC (Intel SDM vol. 3 chapter 11), on a machine that does not run.</summary>
public sealed class LocalApicTests
{
    private const uint Eoi = 0xb0;
    private const uint Spurious = 0xf0;
    private const uint Command = 0x300;
    private const uint CommandHigh = 0x310;
    private const uint Timer = 0x320;
    private const uint Lint0 = 0x350;
    private const uint Enabled = 0x1ff;
    private BareGuest _guest = null!;

    private LocalApic First => _guest.Machine.Vcpus[0].Apic;

    private LocalApic Second => _guest.Machine.Vcpus[1].Apic;

    [SetUp]
    public void MakeMachine()
    {
        _guest = new BareGuest(cpus: 3);
        Write(First, Spurious, Enabled);
        Write(Second, Spurious, Enabled);
    }

    [TearDown]
    public void Release() => _guest.Dispose();

    [Test]
    public void TheHighestVectorComesFirstAndALowerClassWaitsForTheEnd()
    {
        Send(First, 0x45, destination: 0);
        Send(First, 0x71, destination: 0);
        Assert.That(First.Acknowledge(), Is.EqualTo(0x71));
        Assert.That(First.HasInterrupt, Is.False);
        Send(First, 0x7f, destination: 0);
        Assert.That(First.HasInterrupt, Is.False, "the same priority class");
        Send(First, 0x80, destination: 0);
        Assert.That(First.Acknowledge(), Is.EqualTo(0x80));
        Write(First, Eoi, 0);
        Assert.That(First.HasInterrupt, Is.False);
        Write(First, Eoi, 0);
        Assert.That(First.Acknowledge(), Is.EqualTo(0x7f));
        Write(First, Eoi, 0);
        Assert.That(First.Acknowledge(), Is.EqualTo(0x45));
    }

    [Test]
    public void TheTaskPriorityHoldsBackItsClassAndThoseBelow()
    {
        Write(First, 0x80, 0x50);
        Send(First, 0x5f, destination: 0);
        Assert.That(First.HasInterrupt, Is.False);
        Assert.That(First.Read(0xa0, 4), Is.EqualTo(0x50));
        Write(First, 0x80, 0x40);
        Assert.That(First.HasInterrupt, Is.True);
    }

    [Test]
    public void ADisabledApicTakesNothing()
    {
        Write(Second, Spurious, 0xff);
        Send(First, 0x45, destination: 1);
        Write(Second, Spurious, Enabled);
        Assert.That(Second.HasInterrupt, Is.False);
    }

    [TestCase(0x00004_0000u, true, false, Description = "self")]
    [TestCase(0x00008_0000u, true, true, Description = "all")]
    [TestCase(0x0000c_0000u, false, true, Description = "others")]
    public void Shorthands(uint shorthand, bool first, bool second)
    {
        Write(First, Command, shorthand | 0x45);
        Assert.That((First.HasInterrupt, Second.HasInterrupt), Is.EqualTo((first, second)));
    }

    [TestCase(0x02, 0xffff_ffffu, true)]
    [TestCase(0x04, 0xffff_ffffu, false)]
    [TestCase(0x12, 0x0fff_ffffu, true)]
    [TestCase(0x22, 0x0fff_ffffu, false)]
    public void LogicalDestinations(int destination, uint format, bool reached)
    {
        Write(Second, 0xe0, format);
        Write(Second, 0xd0, format == uint.MaxValue ? 0x0200_0000u : 0x1200_0000);
        Write(First, CommandHigh, (uint)destination << 24);
        Write(First, Command, 0x845);
        Assert.That(Second.HasInterrupt, Is.EqualTo(reached));
    }

    [Test]
    public void AnIllegalVectorIsAnErrorAndGoesNowhere()
    {
        Send(First, 0x0f, destination: 1);
        Write(First, 0x280, 0);
        Assert.That(First.Read(0x280, 4), Is.EqualTo(1 << 5));
        Assert.That(Second.HasInterrupt, Is.False);
    }

    [Test]
    public void OnlyTheBootProcessorGetsThe8259sAndOnlyWhileLint0IsOpen()
    {
        Assert.That((First.AcceptsExternal, Second.AcceptsExternal), Is.EqualTo((true, false)));
        Write(First, Lint0, 0x1_0700);
        Assert.That(First.AcceptsExternal, Is.False);
        Write(First, Lint0, 0x700);
        Assert.That(First.AcceptsExternal, Is.True);
    }

    [TestCase(4u, 4)]
    [TestCase(0x24u, 1)]
    [TestCase(0x20u, 2)]
    public void OddAccessesReadZero(uint offset, int size) => Assert.That(First.Read(offset, size), Is.Zero);

    [Test]
    public void AMaskedTimerFiresWithoutAnInterruptAndAOneShotOnce()
    {
        Write(First, 0x3e0, 0xb);
        Write(First, Timer, 0x1_0061);
        Write(First, 0x380, 1000);
        First.Advance(_guest.Machine.Clock.Now + 1000);
        Assert.That(First.HasInterrupt, Is.False);

        Write(First, Timer, 0x61);
        Write(First, 0x380, 1000);
        Assert.That(First.Read(0x390, 4), Is.EqualTo(1000));
        First.Advance(_guest.Machine.Clock.Now + 1000);
        Assert.That(First.Acknowledge(), Is.EqualTo(0x61));
        First.Advance(_guest.Machine.Clock.Now + 5000);
        Assert.That(First.Read(0x200 + 0x30, 4), Is.Zero, "no second request");
    }

    [TestCase(0x0u, 2u)]
    [TestCase(0x3u, 16u)]
    [TestCase(0x8u, 32u)]
    [TestCase(0xau, 128u)]
    [TestCase(0xbu, 1u)]
    public void TheDividerStretchesThePeriod(uint divide, uint factor)
    {
        Write(First, Timer, 0x2_0061);
        Write(First, 0x3e0, divide);
        Write(First, 0x380, 1000);
        ulong start = _guest.Machine.Clock.Now;
        First.Advance(start + (1000 * factor) - 1);
        Assert.That(First.HasInterrupt, Is.False);
        First.Advance(start + (1000 * factor));
        Assert.That(First.HasInterrupt, Is.True);
    }

    private static void Write(LocalApic apic, uint register, uint value) => apic.Write(register, 4, value);

    private static void Send(LocalApic from, byte vector, byte destination)
    {
        Write(from, CommandHigh, (uint)destination << 24);
        Write(from, Command, vector);
    }
}
