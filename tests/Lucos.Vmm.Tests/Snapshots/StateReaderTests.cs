using CsCheck;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Tests.Snapshots;

/// <summary>What a section's writer wrote, its reader reads back; anything else is refused by name and place.</summary>
public sealed class StateReaderTests
{
    [Test]
    public void WhatIsWrittenIsReadBack() => Gen.Select(Gen.Byte, Gen.Bool, Gen.Int, Gen.ULong, Gen.Double, Gen.Byte.Array[0, 50], Gen.String).Sample(value =>
    {
        (byte small, bool flag, int number, ulong big, double real, byte[] bytes, string text) = value;
        text = string.Concat(text.Where(c => !char.IsSurrogate(c)));
        StateReader reader = ReaderOf(Write(small, flag, number, big, real, bytes, text));

        Assert.That(reader.ReadByte(), Is.EqualTo(small));
        Assert.That(reader.ReadFlag(), Is.EqualTo(flag));
        Assert.That(reader.ReadInt32(), Is.EqualTo(number));
        Assert.That(reader.ReadUInt64(), Is.EqualTo(big));
        Assert.That(BitConverter.DoubleToInt64Bits(reader.ReadDouble()), Is.EqualTo(BitConverter.DoubleToInt64Bits(real)));
        Assert.That(reader.ReadBytes(), Is.EqualTo(bytes));
        Assert.That(reader.ReadText(), Is.EqualTo(text));
        Assert.That(reader.Left, Is.Zero);
    });

    [Test]
    public void ASectionThatEndsEarlyIsRefusedWithTheBytesMissing()
    {
        ReadOnlyMemory<byte> whole = Write(1, true, 2, 3, 4, [5, 6], "seven");
        for (int length = 0; length < whole.Length; length++)
        {
            StateReader reader = ReaderOf(whole[..length]);
            SnapshotException? refused = Assert.Throws<SnapshotException>(() => ReadAll(reader));
            Assert.That(refused?.Message, Does.StartWith("snapshot-damaged: section 'tested', before byte ").And.Contain("missing"));
        }
    }

    [TestCase(-1)]
    [TestCase(5)]
    [TestCase(int.MaxValue)]
    [TestCase(int.MinValue)]
    public void ALengthThatCantBeIsRefusedBeforeAnythingIsAllocated(int length)
    {
        StateWriter writer = new();
        writer.WriteInt32(length);
        writer.WriteInt32(0);

        Assert.Throws<SnapshotException>(() => ReaderOf(writer.Written).ReadBytes());
        Assert.Throws<SnapshotException>(() => ReaderOf(writer.Written).ReadCount(most: 1 << 20));
    }

    [Test]
    public void AValueOutOfItsRangeIsRefused()
    {
        StateWriter writer = new();
        writer.WriteInt32(77);
        writer.WriteByte(2);

        Assert.That(ReaderOf(writer.Written).ReadInt32(0, 77), Is.EqualTo(77));
        Assert.That(() => ReaderOf(writer.Written).ReadInt32(0, 76), Throws.TypeOf<SnapshotException>().With.Message.Contains("77 is not between 0 and 76"));
        Assert.That(() => ReaderOf(writer.Written).ReadEnum<DayOfWeek>(), Throws.TypeOf<SnapshotException>().With.Message.Contains("no DayOfWeek"));
        Assert.That(() => ReaderOf(writer.Written[4..]).ReadFlag(), Throws.TypeOf<SnapshotException>().With.Message.Contains("no truth value"));
    }

    [Test]
    public void ATextThatIsNoUtf8IsRefused()
    {
        StateWriter writer = new();
        writer.WriteBytes([0xc3, 0x28]);

        Assert.That(() => ReaderOf(writer.Written).ReadText(), Throws.TypeOf<SnapshotException>().With.Message.Contains("no UTF-8"));
    }

    private static StateReader ReaderOf(ReadOnlyMemory<byte> content) => new(new StateSection("tested", 1, content));

    private static ReadOnlyMemory<byte> Write(byte small, bool flag, int number, ulong big, double real, byte[] bytes, string text)
    {
        StateWriter writer = new();
        writer.WriteByte(small);
        writer.WriteFlag(flag);
        writer.WriteInt32(number);
        writer.WriteUInt64(big);
        writer.WriteDouble(real);
        writer.WriteBytes(bytes);
        writer.WriteText(text);
        return writer.Written;
    }

    private static void ReadAll(StateReader reader)
    {
        reader.ReadByte();
        reader.ReadFlag();
        reader.ReadInt32();
        reader.ReadUInt64();
        reader.ReadDouble();
        reader.ReadBytes();
        reader.ReadText();
    }
}
