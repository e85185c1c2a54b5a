using CsCheck;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Tests;

/// <summary>The page walker, on tables built by hand.</summary>
public sealed class WalkerTests
{
    private const ulong Pml4 = 0x1000;
    private const ulong Pdpt = 0x2000;
    private const ulong Directory = 0x3000;
    private const ulong Table = 0x4000;
    private const ulong NoExecute = 1UL << 63;

    [TestCase(0x0000_0000_0040_1234UL, 0x0000_0000_0000_9234UL, 4096UL)]
    [TestCase(0x0000_0000_0065_4321UL, 0x0000_0000_0085_4321UL, 2097152UL)]
    [TestCase(0x0000_0000_4012_3456UL, 0x0000_0000_0012_3456UL, 1073741824UL)]
    public void PagesOfAllThreeSizesAreTranslated(ulong virtualAddress, ulong physical, ulong pageSize)
    {
        using GuestMemory memory = Tables();
        bool found = new AddressSpaceWalker(memory).TryTranslate(Pml4, new(virtualAddress), PageAccess.Read, out Translation translation, out _);

        Assert.That(found, Is.True);
        Assert.That((translation.Address.Value, translation.PageSize), Is.EqualTo((physical, pageSize)));
    }

    [TestCase(0x0000_8000_0000_0000UL, PageAccess.Read, WalkFaultKind.NotCanonical, 0u)]
    [TestCase(0x0000_0000_0040_0000UL, PageAccess.Read, WalkFaultKind.NotPresent, 0u)]
    [TestCase(0x0000_0000_0040_0000UL, PageAccess.Write | PageAccess.User, WalkFaultKind.NotPresent, 6u)]
    [TestCase(0x0000_0000_0040_2000UL, PageAccess.Write, WalkFaultKind.ReadOnly, 3u)]
    [TestCase(0x0000_0000_0040_2000UL, PageAccess.User, WalkFaultKind.SupervisorOnly, 5u)]
    [TestCase(0x0000_0000_0040_1000UL, PageAccess.Execute, WalkFaultKind.NotExecutable, 0x11u)]
    [TestCase(0x0000_0000_0040_3000UL, PageAccess.Read, WalkFaultKind.OutsideMemory, 0u)]
    [TestCase(0x0000_0000_0080_0000UL, PageAccess.Read, WalkFaultKind.ReservedBit, 9u)]
    public void WhatTheTablesForbidIsRefusedWithItsErrorCode(ulong address, PageAccess access, WalkFaultKind kind, uint errorCode)
    {
        using GuestMemory memory = Tables();
        bool found = new AddressSpaceWalker(memory).TryTranslate(Pml4, new(address), access, out _, out WalkFault fault);

        Assert.That(found, Is.False);
        Assert.That((fault.Kind, fault.ErrorCode), Is.EqualTo((kind, errorCode)));
    }

    [Test]
    public void MarkingSetsAccessedAndForAStoreDirty()
    {
        using GuestMemory memory = Tables();
        AddressSpaceWalker walker = new(memory);
        walker.TryTranslate(Pml4, new(0x401000), PageAccess.Mark, out _, out _);
        Assert.That(memory.ReadUInt64(new(Table + 8)) & 0x60, Is.EqualTo(0x20));
        walker.TryTranslate(Pml4, new(0x401000), PageAccess.Write | PageAccess.Mark, out _, out _);
        Assert.That(memory.ReadUInt64(new(Table + 8)) & 0x60, Is.EqualTo(0x60));
    }

    [Test]
    public void AReadOrWriteThatRunsIntoAHoleIsRefusedAndWritesNothing()
    {
        using GuestMemory memory = Tables();
        VirtualMemory space = new(memory, Pml4);
        Assert.That(space.TryWrite(new(0x401000), "abcd"u8), Is.True);
        Assert.That(space.TryWrite(new(0x401ffe), "xxxx"u8, out WalkFault fault), Is.False, "the next page is read-only");
        Assert.That(fault.Kind, Is.EqualTo(WalkFaultKind.ReadOnly));
        Assert.That(memory.ReadUInt64(new(0x9ff8)), Is.Zero);
        Assert.That(space.TryRead(new(0x3ffffe), new byte[8]), Is.False);
        Assert.That(space.TryReadText(new(0x401000), 2, out _), Is.False, "no NUL within the limit");
        Assert.That(space.TryReadText(new(0x401000), 8, out string text), Is.True);
        Assert.That(text, Is.EqualTo("abcd"));
    }

    [Test]
    public void NoTablesWhateverTheyHoldMakeTheWalkerThrowOrLeaveRam()
    {
        using GuestMemory memory = new(0x10000);
        Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong.Array[64], Gen.Int[0, 15]).Sample((cr3, address, entries, access) =>
        {
            for (int i = 0; i < entries.Length; i++)
            {
                memory.WriteUInt64(new((ulong)(i * 1016) & 0xfff8), entries[i] & ((entries[i] & 2) != 0 ? 0x1f083UL : ulong.MaxValue));
            }

            bool found = new AddressSpaceWalker(memory).TryTranslate(
                cr3 & 0xffff, new(address), (PageAccess)access, out Translation translation, out WalkFault fault);
            return found ? memory.Contains(translation.Address, 1) : fault.Kind != WalkFaultKind.None;
        }, iter: 2000);
    }

    [Test]
    public void AddressArithmeticIsChecked()
    {
        Assert.That(() => new GuestPhysicalAddress(ulong.MaxValue) + 1, Throws.TypeOf<OverflowException>());
        Assert.That(() => new GuestVirtualAddress(1) - new GuestVirtualAddress(2), Throws.TypeOf<OverflowException>());
        Assert.That(new GuestPhysicalAddress(0x1000) + 0x10, Is.EqualTo(new GuestPhysicalAddress(0x1010)));
    }

    [Test]
    public void PhysicalAccessesOutsideOfRamThrow()
    {
        using GuestMemory memory = new(0x1000);
        Assert.That(() => memory.Write(new(0xfff), [1, 2]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => memory.Read(new(ulong.MaxValue), new byte[1]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(memory.Contains(new(ulong.MaxValue), 2), Is.False);
    }

    private static GuestMemory Tables()
    {
        GuestMemory memory = new(16 << 20);
        memory.WriteUInt64(new(Pml4), Pdpt | 7);
        memory.WriteUInt64(new(Pdpt), Directory | 7);
        memory.WriteUInt64(new(Pdpt + 8), 0x87);
        memory.WriteUInt64(new(Directory + 16), Table | 7);
        memory.WriteUInt64(new(Directory + 24), 0x80_0087);
        memory.WriteUInt64(new(Directory + 32), 0x2087);
        memory.WriteUInt64(new(Table + 8), 0x9007 | NoExecute);
        memory.WriteUInt64(new(Table + 16), 0xa001);
        memory.WriteUInt64(new(Table + 24), 0x7fff_f000 | 7);
        return memory;
    }
}
