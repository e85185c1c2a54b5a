using System.Text;
using System.Xml.Linq;
using CsCheck;
using Lucos.Control.Debugging;
using Lucos.Control.Debugging.Protocol;
using Lucos.Control.Debugging.Targets;
using Lucos.Control.Guests;
using Lucos.Control.Tests.Guests;
using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Tests.Debugging;

/// <summary>The protocol on a machine without a kernel, whose four processors stand at <c>inc %eax; jmp .-2</c>.</summary>
public sealed class GdbSessionTests : IRunControl
{
    private const ulong Code = 0x100000;

    private Machine _machine = null!;
    private FakeGuest _guest = null!;
    private GdbSession _session = null!;
    private string _control = "";

    [SetUp]
    public void Begin()
    {
        _machine = new Machine(new MachineOptions { MemoryBytes = 32 << 20, CpuCount = 4 });
        _machine.Memory.Write(new GuestPhysicalAddress(Code), [0xff, 0xc0, 0xeb, 0xfc]);
        _guest = new FakeGuest();
        _session = new GdbSession(new DebugTarget(_machine), this, new MonitorCommands(() => _guest));
        _control = "";
    }

    [TearDown]
    public void End()
    {
        _machine.Dispose();
        _guest.Dispose();
    }

    void IRunControl.Hold() => _control += "hold ";

    void IRunControl.Resume() => _control += "resume ";

    void IRunControl.Restart() => _control += "restart ";

    void IRunControl.Quit() => _control += "quit ";

    [TestCase("?", "T05thread:1;")]
    [TestCase("qC", "QC1")]
    [TestCase("qAttached", "1")]
    [TestCase("qfThreadInfo", "m1,2,3,4")]
    [TestCase("qsThreadInfo", "l")]
    [TestCase("T4", "OK")]
    [TestCase("T5", "E01")]
    [TestCase("T0", "E01")]
    [TestCase("Hg2", "OK")]
    [TestCase("Hg0", "OK")]
    [TestCase("Hc-1", "OK")]
    [TestCase("Hg9", "E01")]
    [TestCase("Hx1", "E01")]
    [TestCase("vCont?", "vCont;c;C;s;S")]
    [TestCase("vMustReplyEmpty", "")]
    [TestCase("qTStatus", "")]
    [TestCase("", "")]
    [TestCase("m100000,4", "ffc0ebfc")]
    [TestCase("m1fffffe,4", "0000")]
    [TestCase("mffff800000000000,4", "E14")]
    [TestCase("m100000", "E01")]
    [TestCase("m100000,4x", "E01")]
    [TestCase("m11111111111111111,1", "E01")]
    [TestCase("M100000,2:9090", "OK")]
    [TestCase("M100000,2:90", "E01")]
    [TestCase("M100000,1:9", "E01")]
    [TestCase("Mffff800000000000,1:90", "E14")]
    [TestCase("X100000,0:", "OK")]
    [TestCase("p10", "0000100000000000")]
    [TestCase("pfff", "E01")]
    [TestCase("P10=00001", "E01")]
    [TestCase("P12=08000000", "E01")]
    [TestCase("Z0,100000,1", "OK")]
    [TestCase("Z1,800000000000,1", "E01")]
    [TestCase("Z2,200000,8", "OK")]
    [TestCase("Z2,ffff800000000000,8", "E14")]
    [TestCase("Z2,200000,0", "E01")]
    [TestCase("Z3,200000,8", "OK")]
    [TestCase("Z4,200ffc,8", "OK")]
    [TestCase("Z5,200000,8", "")]
    [TestCase("z0,200000,1", "OK")]
    [TestCase("z2,200000,8", "OK")]
    [TestCase("Z0", "E01")]
    [TestCase("qXfer:features:read:target.xml:ffffff,10", "E01")]
    [TestCase("Qqemu.PhyMemMode:1", "OK")]
    [TestCase("Qqemu.PhyMemMode:2", "E01")]
    [TestCase("vCont;x", "E01")]
    [TestCase("vCont;s:7", "E01")]
    [TestCase("vCont", "E01")]
    [TestCase("cxyz", "E01")]
    [TestCase("qRcmd,zz", "E01")]
    public void APacketHasItsAnswer(string packet, string answer) => Assert.That(Ask(packet), Is.EqualTo(answer));

    [Test]
    public void TheDescriptionIsReadInPiecesAndHasARegisterForEveryByteOfG()
    {
        var xml = new StringBuilder();
        string piece;
        do
        {
            piece = Ask($"qXfer:features:read:target.xml:{xml.Length:x},400");
            xml.Append(piece.AsSpan(1));
        }
        while (piece[0] == 'm');

        var text = xml.ToString();
        var registers = XDocument.Parse(text[text.IndexOf("<target", StringComparison.Ordinal)..]).Descendants("reg").ToList();
        Assert.That(Ask("g"), Has.Length.EqualTo(registers.Sum(r => (int)r.Attribute("bitsize")!) / 4));
        Assert.That(registers.Select(r => (string)r.Attribute("name")!), Is.Unique.And.SupersetOf(new[] { "rax", "eflags", "gs", "st7", "fop", "cr3", "efer", "xmm15", "mxcsr", "gs_base" }));
    }

    [Test]
    public void AStepAloneExecutesOneInstructionOfItsThread()
    {
        Assert.That(Ask("vCont;s:1"), Is.EqualTo("T05thread:1;"));
        Assert.That(Ask("p10"), Is.EqualTo("0200100000000000"));
        Assert.That(Ask("p0"), Is.EqualTo("0100000000000000"));
        Assert.That(_control, Is.EqualTo("hold "));
    }

    [Test]
    public void AContinuedGuestIsResumedAndCtrlCHoldsItAgainOnce()
    {
        Assert.That(_session.Handle("vCont;c"u8), Is.Empty);
        Assert.That(_session.Handle("g"u8), Is.Empty, "no answers while it runs");
        Assert.That(Texts(_session.Interrupt()), Is.EqualTo(new[] { "T02thread:1;" }));
        Assert.That(_session.Interrupt(), Is.Empty);
        Assert.That(_control, Is.EqualTo("resume hold "));
    }

    [Test]
    public void ABreakpointOfSomebodyElseIsNoStopOfTheDebuggers()
    {
        _session.Handle("Z0,100002,1"u8);
        _session.Handle("c"u8);
        Assert.That(_session.OnStopped(new GuestStop(GuestStopKind.Breakpoint)), Is.Empty);
        Assert.That(_machine.Run(RunLimits.ForBlocks(5)), Is.InstanceOf<MachineStop.Breakpoint>());
        Assert.That(Texts(_session.OnStopped(new GuestStop(GuestStopKind.Breakpoint))), Is.EqualTo(new[] { "T05swbreak:;thread:1;" }));
    }

    [Test]
    public void WhatADebuggerHasSetIsGoneWhenItHasDetached()
    {
        _session.Handle("Z0,100002,1"u8);
        _session.Handle("Z1,100002,1"u8);
        _session.Handle("Z2,200000,8"u8);
        _session.Handle("Z3,200000,8"u8);
        _session.Handle("Z4,200000,8"u8);
        Assert.That(Ask("D"), Is.EqualTo("OK"));
        Assert.That(_session.IsOver, Is.True);
        Assert.That((_machine.Breakpoints.Addresses.Count, _machine.Protection.PageCount, _machine.Reads.Count), Is.EqualTo((0, 0, 0)));
        Assert.That(_control, Is.EqualTo("resume "));
    }

    [Test]
    public void MonitorAnswersTheGuestsStatus()
    {
        var answers = Texts(_session.Handle(Encoding.ASCII.GetBytes("qRcmd," + Convert.ToHexStringLower("lucos status"u8))));
        Assert.That(answers[^1], Is.EqualTo("OK"));
        Assert.That(Encoding.UTF8.GetString(Convert.FromHexString(answers[0][1..])), Does.Contain("0.1.0+fake").And.Contain("no updates"));
    }

    [Test]
    public void ADeadGuestCanBeLookedAtUntilItIsContinued()
    {
        _session.Handle("c"u8);
        var stop = Texts(_session.OnStopped(new GuestStop(GuestStopKind.Died, 0, "triple fault")));
        Assert.That((stop[0][0], stop[^1]), Is.EqualTo(('O', "T06thread:1;")));
        Assert.That(Ask("m100000,1"), Is.EqualTo("ff"));
        Assert.That(Ask("vCont;s:1"), Is.EqualTo("X06"));
        Assert.That(_session.IsOver, Is.True);
    }

    [TestCase(0, "W00")]
    [TestCase(3, "W03")]
    public void APowerOffIsAnExitWithItsValue(int value, string exit)
    {
        _session.Handle("c"u8);
        Assert.That(Texts(_session.OnStopped(new GuestStop(GuestStopKind.PoweredOff, value))), Is.EqualTo(new[] { exit }));
    }

    [Test]
    public void NoPacketThrowsAndNoAnswerIsLongerThanAPacket()
    {
        var command = Gen.OneOf(
            "g", "G", "p", "P", "m", "M", "X", "Z0,", "Z2,", "z2,", "H", "Hg", "T", "c", "s", "C05", "S", "D", "vCont;", "vCont;s:", "vCont;c;s", "qXfer:features:read:target.xml:",
            "qRcmd,", "qThreadExtraInfo,", "Qqemu.PhyMemMode:", "qSupported", "?", "!", "r", "R", "QStartNoAckMode", "vKill");
        var rest = Gen.OneOf(Gen.Char["0123456789abcdef,;:=-"].Array[0, 40].Select(c => new string(c)), Gen.Char[char.MinValue, (char)255].Array[0, 40].Select(c => new string(c)));
        Gen.Select(command, rest).Sample(
            (head, tail) =>
            {
                var answers = _session.Handle(Encoding.Latin1.GetBytes(head + tail));
                _session.Interrupt();
                return answers.All(a => a.Length <= GdbPacket.MaximumPayload);
            },
            iter: 5000, threads: 1);
    }

    private string Ask(string packet) => Texts(_session.Handle(Encoding.Latin1.GetBytes(packet))).Single();

    private static List<string> Texts(IReadOnlyList<byte[]> packets) => [.. packets.Select(Encoding.Latin1.GetString)];
}
