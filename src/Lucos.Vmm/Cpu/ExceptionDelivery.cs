using System.Buffers.Binary;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu;

/// <summary>
/// Delivers exceptions and interrupts through the guest's IDT as a processor in 64-bit mode does (Intel SDM vol. 3 chapter 6):
/// gate checks, privilege change, IST, error codes, double fault and shutdown.
/// </summary>
internal sealed class ExceptionDelivery(GuestMemory memory, IVcpuHost host, int cpu)
{
    private const uint Ext = 1;
    private const uint Idt = 2;
    private const int FrameAlignment = 16;
    private const ulong WriteProtect = 1 << 16;
    private const ulong TrapFlag = 1 << 8;
    private const ulong InterruptFlag = 1 << 9;
    private const ulong NestedTask = 1 << 14;
    private const ulong ResumeFlag = 1 << 16;
    private const ulong VirtualMode = 1 << 17;
    private const uint PresentAttribute = 1 << 15;
    private const int DplShift = 13;
    private readonly AddressSpaceWalker _walker = new(memory);
    private ulong _rip;

    /// <summary>Delivers an event, or what it turns into. Returns null, or why the processor shut down.</summary>
    internal string? Deliver(ref TrapState state, TrapEvent trap)
    {
        _rip = state.Rip;
        for (TrapEvent current = trap; ;)
        {
            if (TryDeliver(ref state, current, out DeliveryFault fault))
            {
                return null;
            }

            if (current.Kind == TrapKind.Exception && current.Vector == ExceptionVector.DoubleFault)
            {
                return $"vector {fault.Vector} (error 0x{fault.ErrorCode:x}, address 0x{fault.Address:x}) while a double fault was delivered; first was vector {trap.Vector} (error 0x{trap.ErrorCode:x}, CR2 0x{state.Cr2:x})";
            }

            // The fault belongs to the INT instruction itself, so it must point at it and not behind.
            state.Rip -= (ulong)current.InstructionLength;
            if (fault.Vector == ExceptionVector.PageFault)
            {
                state.Cr2 = fault.Address;
            }

            current = Combine(current, fault);
        }
    }

    // Intel SDM vol. 3 table 6-5.
    private static TrapEvent Combine(TrapEvent first, DeliveryFault second)
    {
        bool firstPageFault = first.Kind == TrapKind.Exception && first.Vector == ExceptionVector.PageFault;
        bool firstContributory = first.Kind == TrapKind.Exception && ExceptionVector.IsContributory(first.Vector);
        bool secondContributory = ExceptionVector.IsContributory(second.Vector);
        bool secondPageFault = second.Vector == ExceptionVector.PageFault;
        return (firstContributory && secondContributory) || (firstPageFault && (secondContributory || secondPageFault))
            ? TrapEvent.Exception(ExceptionVector.DoubleFault)
            : TrapEvent.Exception(second.Vector, second.ErrorCode);
    }

    private bool TryDeliver(ref TrapState state, TrapEvent trap, out DeliveryFault fault)
    {
        uint ext = trap.Kind == TrapKind.SoftwareInterrupt ? 0 : Ext;
        if (!TryReadGate(in state, trap, ext, out Gate gate, out fault)
            || !TryReadCodeSegment(in state, gate, ext, out SegmentState code, out byte privilege, out fault)
            || !TryChooseStack(in state, gate, privilege, ext, out ulong stack, out fault)
            || !TryPushFrame(in state, trap, privilege, ext, ref stack, out fault))
        {
            return false;
        }

        if (privilege != state.Cpl)
        {
            // A null SS whose RPL is the new privilege level (Intel SDM vol. 3 section 6.14.2).
            state.Ss = new SegmentState(privilege, 0, 0, (uint)privilege << DplShift);
        }

        state.Cs = code;
        state.Cpl = privilege;
        state.Rip = gate.Offset;
        state.Rsp = stack;
        state.Rflags &= ~(TrapFlag | NestedTask | ResumeFlag | VirtualMode | (gate.ClearsInterruptFlag ? InterruptFlag : 0));
        return true;
    }

    private bool TryReadGate(in TrapState state, TrapEvent trap, uint ext, out Gate gate, out DeliveryFault fault)
    {
        uint number = (uint)(trap.Vector << 3) | Idt | ext;
        gate = default;
        fault = new DeliveryFault(ExceptionVector.GeneralProtection, number);
        uint offset = (uint)trap.Vector * 16;
        if (offset + 15 > state.Idt.Limit)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        if (!TryRead(in state, state.Idt.Base + offset, bytes, out fault))
        {
            return false;
        }

        gate = new Gate(bytes);
        if (!gate.IsInterruptOrTrap || (trap.Kind == TrapKind.SoftwareInterrupt && gate.Dpl < state.Cpl))
        {
            fault = new DeliveryFault(ExceptionVector.GeneralProtection, number);
            return false;
        }

        fault = new DeliveryFault(ExceptionVector.SegmentNotPresent, number);
        return gate.IsPresent;
    }

    private bool TryReadCodeSegment(
        in TrapState state, Gate gate, uint ext, out SegmentState code, out byte privilege, out DeliveryFault fault)
    {
        const uint codeType = (1 << 12) | (1 << 11);
        const uint conforming = 1 << 10;
        const uint longBit = 1 << 21;
        const uint bigBit = 1 << 22;
        code = default;
        privilege = state.Cpl;
        uint error = (gate.Selector & 0xfffcu) | ext;
        SegmentState table = (gate.Selector & 4) != 0 ? state.Ldt : state.Gdt;
        uint index = gate.Selector & 0xfff8u;
        if ((gate.Selector & 0xfffc) == 0 || index + 7 > table.Limit)
        {
            fault = new DeliveryFault(ExceptionVector.GeneralProtection, (gate.Selector & 0xfffc) == 0 ? ext : error);
            return false;
        }

        Span<byte> bytes = stackalloc byte[8];
        if (!TryRead(in state, table.Base + index, bytes, out fault))
        {
            return false;
        }

        uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        byte dpl = (byte)((high >> DplShift) & 3);
        fault = new DeliveryFault(ExceptionVector.GeneralProtection, error);
        if ((high & codeType) != codeType || dpl > state.Cpl || (high & longBit) == 0 || (high & bigBit) != 0)
        {
            return false;
        }

        if ((high & PresentAttribute) == 0)
        {
            fault = new DeliveryFault(ExceptionVector.SegmentNotPresent, error);
            return false;
        }

        privilege = (high & conforming) != 0 ? state.Cpl : dpl;
        uint limit = (high & 0xf0000) | (low & 0xffff);
        bool pages = (high & (1 << 23)) != 0;
        code = new SegmentState(
            (ushort)((gate.Selector & 0xfffcu) | privilege), 0, pages ? (limit << 12) | 0xfff : limit, (high & 0x00f0ff00) | (1 << 8));
        return true;
    }

    private bool TryChooseStack(in TrapState state, Gate gate, byte privilege, uint ext, out ulong stack, out DeliveryFault fault)
    {
        stack = state.Rsp;
        fault = default;
        if (gate.Ist == 0 && privilege == state.Cpl)
        {
            return true;
        }

        uint offset = gate.Ist != 0 ? 36u + (8u * (gate.Ist - 1u)) : 4u + (8u * privilege);
        if (offset + 7 > state.Tr.Limit)
        {
            fault = new DeliveryFault(ExceptionVector.InvalidTss, (state.Tr.Selector & 0xfffcu) | ext);
            return false;
        }

        Span<byte> bytes = stackalloc byte[8];
        if (!TryRead(in state, state.Tr.Base + offset, bytes, out fault))
        {
            return false;
        }

        stack = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        fault = new DeliveryFault(ExceptionVector.StackFault, ext);
        return new GuestVirtualAddress(stack).IsCanonical;
    }

    private bool TryPushFrame(
        in TrapState state, TrapEvent trap, byte privilege, uint ext, ref ulong stack, out DeliveryFault fault)
    {
        Span<byte> frame = stackalloc byte[48];
        int size = trap.PushesErrorCode ? 48 : 40;
        int at = 0;
        if (trap.PushesErrorCode)
        {
            Put(frame, ref at, trap.ErrorCode);
        }

        // Faults restart their instruction, so the pushed image has RF set; traps and interrupts clear it (Intel SDM vol. 3 section 17.3.1.1).
        bool restarts = trap.Kind == TrapKind.Exception && trap.Vector is not (ExceptionVector.Debug or ExceptionVector.DoubleFault);
        Put(frame, ref at, state.Rip);
        Put(frame, ref at, state.Cs.Selector);
        Put(frame, ref at, restarts ? state.Rflags | ResumeFlag : state.Rflags & ~ResumeFlag);
        Put(frame, ref at, state.Rsp);
        Put(frame, ref at, state.Ss.Selector);

        ulong bottom = (stack & ~(ulong)(FrameAlignment - 1)) - (ulong)size;
        if (!new GuestVirtualAddress(bottom).IsCanonical)
        {
            fault = new DeliveryFault(ExceptionVector.StackFault, ext);
            return false;
        }

        PageAccess access = PageAccess.Write | PageAccess.Mark | StackRights(in state, privilege);
        if (!TryStore(state.Cr3, bottom, frame[..size], access, out WalkFault walk))
        {
            fault = FromWalk(walk);
            return false;
        }

        stack = bottom;
        fault = default;
        return true;
    }

    private static PageAccess StackRights(in TrapState state, byte privilege) =>
        privilege == 3 ? PageAccess.User : (state.Cr0 & WriteProtect) == 0 ? PageAccess.IgnoreReadOnly : 0;

    private static void Put(Span<byte> frame, ref int at, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(frame[at..], value);
        at += 8;
    }

    // The processor pushes from the top down: the highest word that can't be written is the one that faults, and those above it stay. A frame
    // is aligned and touches two pages at most.
    private bool TryStore(ulong cr3, ulong address, ReadOnlySpan<byte> bytes, PageAccess access, out WalkFault fault)
    {
        int head = (int)Math.Min((ulong)bytes.Length, 4096 - (address & 4095));
        fault = default;
        return (head == bytes.Length || TryStoreInPage(cr3, address + (ulong)head, bytes[head..], access, out fault))
            && TryStoreInPage(cr3, address, bytes[..head], access, out fault);
    }

    private bool TryStoreInPage(ulong cr3, ulong address, ReadOnlySpan<byte> bytes, PageAccess access, out WalkFault fault)
    {
        ulong top = (ulong)bytes.Length - sizeof(ulong);
        if (!_walker.TryTranslate(cr3, new GuestVirtualAddress(address + top), access, out Translation translation, out fault))
        {
            return false;
        }

        Store(new GuestPhysicalAddress(translation.Address.Value - top), bytes);
        return true;
    }

    private void Store(GuestPhysicalAddress address, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            memory.Write(address, bytes);
            host.Stored(new GuardedStore(cpu, address, bytes.Length, _rip, ByHost: true, StoreMethod.Emulate));
        }
    }

    // Descriptors and the TSS are read with supervisor rights at every privilege level.
    private bool TryRead(in TrapState state, ulong address, Span<byte> bytes, out DeliveryFault fault)
    {
        fault = default;
        while (!bytes.IsEmpty)
        {
            if (!_walker.TryTranslate(
                state.Cr3, new GuestVirtualAddress(address), PageAccess.Read | PageAccess.Mark, out Translation translation, out WalkFault walk))
            {
                fault = FromWalk(walk);
                return false;
            }

            int length = (int)Math.Min((ulong)bytes.Length, 4096 - (address & 4095));
            memory.Read(translation.Address, bytes[..length]);
            bytes = bytes[length..];
            address += (ulong)length;
        }

        return true;
    }

    private static DeliveryFault FromWalk(WalkFault walk) =>
        walk.Kind == WalkFaultKind.NotCanonical
            ? new DeliveryFault(ExceptionVector.GeneralProtection, 0)
            : new DeliveryFault(ExceptionVector.PageFault, walk.ErrorCode, walk.Address.Value);
}
