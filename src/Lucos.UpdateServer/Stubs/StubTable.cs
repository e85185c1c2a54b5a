using System.Buffers.Binary;
using Lucos.Abi;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm.Code;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer.Stubs;

/// <summary>All stubs that stand on the guest's stacks, for all updates: one per slot. The true return addresses are nowhere else.</summary>
internal sealed class StubTable(IGuest guest)
{
    /// <summary>Bytes from one stub to the next.</summary>
    public const int StubSize = ReturnStubs.StubSize;

    private const int SlotSize = sizeof(ulong);

    private readonly Dictionary<int, Stub> _byNumber = [];
    private readonly Dictionary<ulong, Stub> _bySlot = [];
    private readonly Queue<int> _free = new();
    private int _neverUsed;

    /// <summary>Where the stubs lie; empty if the manager has none.</summary>
    public CodeRange Area { get; private set; }

    /// <summary>Stubs that are out.</summary>
    public int Count => _byNumber.Count;

    private int Capacity => (int)Math.Min(Area.Length / StubSize, UpdateLimits.MaxContexts);

    /// <summary>Makes the manager's stub area known.</summary>
    public void SetArea(CodeRange area)
    {
        if (area == Area)
        {
            return;
        }

        if (Count > 0)
        {
            throw new RefusedException(Refusal.WrongState, $"stub area 0x{area.Start:x}+0x{area.Length:x}: {Count} stubs of the area 0x{Area.Start:x}+0x{Area.Length:x} stand on stacks");
        }

        Area = area;
        _free.Clear();
        _neverUsed = 0;
        guest.WatchStubs(area.Start, Capacity);
    }

    /// <summary>Guest-virtual address of a stub.</summary>
    public ulong AddressOf(Stub stub) => Area.Start + ((ulong)stub.Number * StubSize);

    /// <summary>The stub that an address is that of.</summary>
    public bool TryFind(ulong address, out Stub stub)
    {
        stub = null!;
        return Area.Contains(address, 1)
            && (address - Area.Start) % StubSize == 0
            && _byNumber.TryGetValue((int)((address - Area.Start) / StubSize), out stub!);
    }

    /// <summary>The stub with a number.</summary>
    public bool TryFindNumber(int number, out Stub stub) => _byNumber.TryGetValue(number, out stub!);

    /// <summary>Whether a slot still holds its stub's address.</summary>
    public bool IsInPlace(Stub stub)
    {
        Span<byte> held = stackalloc byte[SlotSize];
        return guest.TryRead(stub.Slot, held) && BinaryPrimitives.ReadUInt64LittleEndian(held) == AddressOf(stub);
    }

    /// <summary>The return address that a value read from a stack stands for: itself if it is no stub's.</summary>
    public ulong SeeThrough(ulong value) => TryFind(value, out Stub stub) ? stub.ReturnAddress : value;

    /// <summary>Takes a stub for a slot that has none.</summary>
    /// <returns>False if the area is full.</returns>
    public bool TryTake(ulong slot, ulong returnAddress, out Stub stub)
    {
        stub = null!;
        if (_bySlot.TryGetValue(slot, out Stub? stale))
        {
            // What stood there before has been overwritten by the guest: the frame that the stub awaited is gone.
            _bySlot.Remove(slot);
            if (stale.Waiting == 0)
            {
                GiveBack(stale);
            }
        }

        if (_neverUsed == Capacity && _free.Count == 0)
        {
            return false;
        }

        stub = new Stub(_free.TryDequeue(out int number) ? number : _neverUsed++, slot, returnAddress);
        _byNumber.Add(stub.Number, stub);
        _bySlot.Add(slot, stub);
        return true;
    }

    /// <summary>Forgets a stub; its byte may stand for another slot from now on.</summary>
    public void GiveBack(Stub stub)
    {
        if (_byNumber.Remove(stub.Number))
        {
            _free.Enqueue(stub.Number);
        }

        if (_bySlot.TryGetValue(stub.Slot, out Stub? there) && there == stub)
        {
            _bySlot.Remove(stub.Slot);
        }
    }

    /// <summary>One update less awaits a stub. With nobody left it comes off the stack, if it still stands there, and off the processors.</summary>
    public void Leave(Stub stub)
    {
        if (--stub.Waiting > 0)
        {
            return;
        }

        // Who has just left by it and does not know yet finds nothing there any more.
        for (int cpu = 0; cpu < guest.CpuCount; cpu++)
        {
            if (guest.GetRip(cpu) == AddressOf(stub))
            {
                guest.SetRip(cpu, stub.ReturnAddress);
            }
        }

        if (IsInPlace(stub))
        {
            Span<byte> value = stackalloc byte[SlotSize];
            BinaryPrimitives.WriteUInt64LittleEndian(value, stub.ReturnAddress);
            guest.TryWrite(stub.Slot, value);
        }

        GiveBack(stub);
    }

    /// <summary>Replaces in bytes that were read at an address each stub's address by the return address that it stands for.</summary>
    public void Overlay(ulong address, Span<byte> bytes)
    {
        if (Count == 0)
        {
            return;
        }

        if ((ulong)_bySlot.Count * SlotSize < (ulong)bytes.Length)
        {
            foreach (Stub stub in _bySlot.Values)
            {
                Overlay(stub, address, bytes);
            }

            return;
        }

        for (ulong offset = 0; offset < (ulong)bytes.Length + SlotSize; offset += SlotSize)
        {
            if (_bySlot.TryGetValue(unchecked((address & ~(SlotSize - 1UL)) + offset), out Stub? stub))
            {
                Overlay(stub, address, bytes);
            }
        }
    }

    /// <summary>
    /// Bytes are about to be written at an address by someone who sees true return addresses: where a stub stands they change what it stands for,
    /// and the stub's own bytes take their place.
    /// </summary>
    public void Replace(ulong address, Span<byte> bytes)
    {
        Span<byte> held = stackalloc byte[SlotSize];
        Span<byte> told = stackalloc byte[SlotSize];
        foreach (Stub stub in _bySlot.Values)
        {
            ulong skipped = stub.Slot < address ? address - stub.Slot : 0;
            ulong start = stub.Slot < address ? 0 : stub.Slot - address;
            if (skipped >= SlotSize || start >= (ulong)bytes.Length || !IsInPlace(stub))
            {
                continue;
            }

            Span<byte> part = bytes.Slice((int)start, (int)Math.Min(SlotSize - skipped, (ulong)bytes.Length - start));
            BinaryPrimitives.WriteUInt64LittleEndian(held, AddressOf(stub));
            BinaryPrimitives.WriteUInt64LittleEndian(told, stub.ReturnAddress);
            part.CopyTo(told[(int)skipped..]);
            held.Slice((int)skipped, part.Length).CopyTo(part);
            stub.ReturnAddress = BinaryPrimitives.ReadUInt64LittleEndian(told);
        }
    }

    /// <summary>Writes all of it.</summary>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt64(Area.Start);
        writer.WriteUInt64(Area.Length);
        writer.WriteInt32(_neverUsed);
        writer.WriteCount(_free.Count);
        foreach (int number in _free)
        {
            writer.WriteInt32(number);
        }

        writer.WriteCount(_byNumber.Count);
        foreach (Stub stub in _byNumber.Values.OrderBy(stub => stub.Number))
        {
            writer.WriteInt32(stub.Number);
            writer.WriteUInt64(stub.Slot);
            writer.WriteUInt64(stub.ReturnAddress);
            writer.WriteFlag(_bySlot.GetValueOrDefault(stub.Slot) == stub);
        }
    }

    /// <summary>Replaces all of it by what <see cref="Save"/> wrote; who awaits what comes with the updates.</summary>
    public void Load(StateReader reader)
    {
        _byNumber.Clear();
        _bySlot.Clear();
        _free.Clear();
        Area = new CodeRange(reader.ReadUInt64(), reader.ReadUInt64());
        _neverUsed = Area.Length <= ulong.MaxValue - Area.Start ? reader.ReadInt32(0, Capacity) : throw reader.Damaged("stub area wraps around");
        for (int left = reader.ReadCount(_neverUsed, sizeof(int)); left > 0; left--)
        {
            _free.Enqueue(reader.ReadInt32(0, _neverUsed - 1));
        }

        for (int left = reader.ReadCount(_neverUsed, sizeof(int)); left > 0; left--)
        {
            Stub stub = new(reader.ReadInt32(0, _neverUsed - 1), reader.ReadUInt64(), reader.ReadUInt64());
            if (!_byNumber.TryAdd(stub.Number, stub) || (reader.ReadFlag() && !_bySlot.TryAdd(stub.Slot, stub)) || _free.Contains(stub.Number))
            {
                throw reader.Damaged($"stub {stub.Number} for slot 0x{stub.Slot:x} comes twice");
            }
        }

        guest.WatchStubs(Area.Start, Capacity);
    }

    // By the bytes alone: whoever read them may have done so in another address space than the one that was last entered.
    private void Overlay(Stub stub, ulong address, Span<byte> bytes)
    {
        Span<byte> held = stackalloc byte[SlotSize];
        Span<byte> told = stackalloc byte[SlotSize];
        BinaryPrimitives.WriteUInt64LittleEndian(held, AddressOf(stub));
        BinaryPrimitives.WriteUInt64LittleEndian(told, stub.ReturnAddress);
        ulong skipped = stub.Slot < address ? address - stub.Slot : 0;
        ulong start = stub.Slot < address ? 0 : stub.Slot - address;
        if (skipped >= SlotSize || start >= (ulong)bytes.Length)
        {
            return;
        }

        int length = (int)Math.Min(SlotSize - skipped, (ulong)bytes.Length - start);
        Span<byte> part = bytes.Slice((int)start, length);
        if (part.SequenceEqual(held.Slice((int)skipped, length)))
        {
            told.Slice((int)skipped, length).CopyTo(part);
        }
    }
}
