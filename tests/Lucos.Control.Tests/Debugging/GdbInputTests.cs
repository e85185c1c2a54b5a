using System.Text;
using CsCheck;
using Lucos.Control.Debugging.Protocol;

namespace Lucos.Control.Tests.Debugging;

/// <summary>Packets as bytes, and bytes as packets.</summary>
public sealed class GdbInputTests
{
    private static readonly Gen<byte[]> s_framing =
        Gen.OneOf((byte)'$', (byte)'#', (byte)'}', (byte)'*', (byte)'+', (byte)'-', (byte)3, (byte)'a', (byte)'0', (byte)0).Array[0, 60];

    [Test]
    public void AnEncodedPayloadIsReadBackWhateverItsBytes() => Gen.Byte.Array[0, 3000].Sample(payload =>
    {
        var inputs = Read(GdbPacket.Encode(payload));
        return inputs is [{ Kind: GdbInputKind.Packet } packet] && packet.Payload.AsSpan().SequenceEqual(payload);
    });

    [TestCase("$#00", "")]
    [TestCase("$OK#9a", "OK")]
    [TestCase("$m0,4#fd", "m0,4")]
    [TestCase("noise$OK#9a", "OK")]
    [TestCase("$cut of$OK#9a", "OK")]
    [TestCase("$}\u0003#80", "#")]
    public void APacketIsFoundInWhatComes(string bytes, string payload)
    {
        var packet = Read(Encoding.Latin1.GetBytes(bytes)).Single();
        Assert.That((packet.Kind, Encoding.Latin1.GetString(packet.Payload)), Is.EqualTo((GdbInputKind.Packet, payload)));
    }

    [TestCase("$OK#9b", GdbInputKind.Damaged)]
    [TestCase("$OK#zz", GdbInputKind.Damaged)]
    [TestCase("$OK#9", null)]
    [TestCase("+", GdbInputKind.Acknowledged)]
    [TestCase("-", GdbInputKind.Refused)]
    [TestCase("\u0003", GdbInputKind.Interrupt)]
    [TestCase("$\u0003#03", GdbInputKind.Packet)]
    [TestCase("x", null)]
    public void WhatIsNoGoodPacketIsToldApart(string bytes, GdbInputKind? kind) =>
        Assert.That(Read(Encoding.Latin1.GetBytes(bytes)).Select(i => (GdbInputKind?)i.Kind), Is.EqualTo(kind is null ? [] : new[] { kind }));

    [Test]
    public void APacketThatIsTooLongIsNamedSoAndTheNextOneIsRead()
    {
        var tooLong = Encoding.ASCII.GetBytes("$" + new string('a', GdbPacket.MaximumPayload + 1) + "#00$OK#9a");
        Assert.That(Read(tooLong).Select(i => i.Kind), Is.EqualTo(new[] { GdbInputKind.TooLong, GdbInputKind.Packet }));
        var longest = GdbPacket.Encode(Encoding.ASCII.GetBytes(new string('a', GdbPacket.MaximumPayload)));
        Assert.That(Read(longest).Single().Payload, Has.Length.EqualTo(GdbPacket.MaximumPayload));
    }

    [Test]
    public void GarbageIsTakenAndAGoodPacketBehindItIsRead() => s_framing.Sample(garbage =>
    {
        // A lone $ or # at the end may have begun a packet: the next one's $ ends it, or its checksum is taken from what follows.
        var inputs = Read([.. garbage, .. "\0\0\0"u8, .. GdbPacket.Encode("OK"u8)]);
        return inputs.Count > 0 && inputs[^1].Kind == GdbInputKind.Packet && inputs[^1].Payload.AsSpan().SequenceEqual("OK"u8);
    });

    private static List<GdbInput> Read(byte[] bytes)
    {
        var reader = new GdbInputReader();
        return [.. bytes.Select(reader.Take).Where(i => i is not null).Select(i => i!.Value)];
    }
}
