using System.Buffers.Binary;

namespace Lucos.Elf.Tests;

public sealed class KernelImageTests
{
    [Test]
    public void KernelTellsEntrySegmentsAndBuildId()
    {
        var kernel = KernelImage.Parse(Toolchain.Kernel);
        var start = kernel.Symbols.FindOnly("_start64")!;
        Assert.Multiple(() =>
        {
            Assert.That(kernel.Entry, Is.EqualTo(start.Value - 0xffffffff80000000));
            Assert.That(kernel.Segments, Has.Count.EqualTo(2));
            Assert.That(kernel.Segments[0].PhysicalAddress, Is.EqualTo(0x100000));
            Assert.That(kernel.Segments[0].VirtualAddress, Is.EqualTo(0xffffffff80100000));
            Assert.That(kernel.BuildId.Length, Is.EqualTo(20));
            Assert.That(kernel.PvhEntry, Is.Null);
        });
    }

    [Test]
    public void BytesAreReadByVirtualAddressAndZeroBehindTheContents()
    {
        var kernel = KernelImage.Parse(Toolchain.Kernel);
        var counter = new byte[4];
        Assert.That(kernel.TryRead(kernel.Symbols.FindOnly("counter")!.Value, counter), Is.True);
        Assert.That(BinaryPrimitives.ReadInt32LittleEndian(counter), Is.EqualTo(3));
        var table = new byte[16];
        table.AsSpan().Fill(0xcc);
        Assert.That(kernel.TryRead(kernel.Symbols.FindOnly("table")!.Value, table), Is.True);
        Assert.That(table, Is.All.Zero);
    }

    [Test]
    public void ReadOutsideTheImageIsRefused()
    {
        var kernel = KernelImage.Parse(Toolchain.Kernel);
        var last = kernel.Segments[^1];
        Assert.That(kernel.TryRead(last.VirtualEnd - 4, new byte[8]), Is.False);
        Assert.That(kernel.TryRead(0, new byte[1]), Is.False);
        Assert.That(kernel.TryRead(ulong.MaxValue, new byte[4]), Is.False);
    }

    [Test]
    public void KernelLargerThanMemoryIsRefused()
    {
        var end = KernelImage.Parse(Toolchain.Kernel).PhysicalEnd;
        Assert.That(KernelImage.Parse(Toolchain.Kernel, end).PhysicalEnd, Is.EqualTo(end));
        Assert.That(() => KernelImage.Parse(Toolchain.Kernel, end - 1), Refused(ElfError.TooLarge));
    }

    [Test]
    public void FileThatIsNotElfIsRefused()
    {
        Assert.That(() => KernelImage.Parse("#!/bin/sh\n"u8.ToArray()), Refused(ElfError.NotElf));
        Assert.That(() => KernelImage.Parse(Array.Empty<byte>()), Refused(ElfError.NotElf));
    }

    [Test]
    public void ObjectIsRefusedAsAKernel() =>
        Assert.That(() => KernelImage.Parse(Toolchain.Compile(Toolchain.HelperSource)), Refused(ElfError.WrongType));

    [Test]
    public void ThirtyTwoBitFileIsRefused() => Assert.That(() => KernelImage.Parse(Changed(4, 1)), Refused(ElfError.Elf32));

    [Test]
    public void OtherMachineIsRefused() => Assert.That(() => KernelImage.Parse(Changed(18, 183)), Refused(ElfError.WrongMachine));

    [Test]
    public void EntryOutsideTheCodeIsRefused() => Assert.That(() => KernelImage.Parse(Changed(31, 0x40)), Refused(ElfError.NoEntry));

    [Test]
    public void OverlappingSegmentsAreRefused()
    {
        var bytes = Toolchain.Kernel;
        var table = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(32));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(table + 56 + 24), 0x100001);
        Assert.That(() => KernelImage.Parse(bytes), Refused(ElfError.Overlap));
    }

    [Test]
    public void SegmentBelowOneMegabyteIsRefused()
    {
        var bytes = Toolchain.Kernel;
        var table = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(32));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(table + 24), 0x1000);
        Assert.That(() => KernelImage.Parse(bytes), Refused(ElfError.Reserved));
    }

    [Test]
    public void KernelWithoutBuildIdIsRefused()
    {
        var bytes = Toolchain.Kernel;
        var name = bytes.AsSpan().IndexOf("GNU\0"u8);
        bytes[name] = (byte)'X';
        Assert.That(() => KernelImage.Parse(bytes), Refused(ElfError.NoBuildId));
    }

    private static byte[] Changed(int offset, byte value)
    {
        var bytes = Toolchain.Kernel;
        bytes[offset] = value;
        return bytes;
    }

    private static NUnit.Framework.Constraints.EqualConstraint<ElfError> Refused(ElfError error) =>
        Throws.TypeOf<ElfFormatException>().With.Property(nameof(ElfFormatException.Error)).EqualTo(error);
}
