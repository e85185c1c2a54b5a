using System.Buffers.Binary;
using Lucos.Abi;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Transactions;

/// <summary>Checks that reported contexts are what guest memory holds. A stale list means that the manager's picture is not the guest's.</summary>
internal sealed class ContextChecker(GuestReader reader, IGuest guest, StubTable stubs)
{
    private const int SlotSize = sizeof(ulong);

    /// <summary>Checks that a context's slot holds its instruction pointer and can be rewritten: it is data, not code.</summary>
    public void CheckSlot(ContextInfo context)
    {
        byte[] held = reader.ReadBytes(context.Slot, SlotSize, "slot of a context", SlotSize);
        ulong rip = stubs.SeeThrough(BinaryPrimitives.ReadUInt64LittleEndian(held));
        if (rip != context.Rip || guest.IsExecutable(context.Slot, SlotSize))
        {
            throw new RefusedException(
                Refusal.BadArgument,
                $"thread {context.ThreadId} frame {context.Depth}: slot 0x{context.Slot:x} holds 0x{rip:x}, not 0x{context.Rip:x}, or is code");
        }

        if (context.ReturnSlot != 0)
        {
            CheckReturnSlot(context);
        }
    }

    /// <summary>Checks that a stub can stand in the place of the return address.</summary>
    private void CheckReturnSlot(ContextInfo context)
    {
        byte[] bytes = reader.ReadBytes(context.ReturnSlot, SlotSize, "return slot of a context", SlotSize);
        ulong held = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        bool isForeign = stubs.TryFind(held, out Stub stub) && stub.Slot != context.ReturnSlot;
        if (isForeign
            || stubs.SeeThrough(held) != context.ReturnAddress
            || stubs.Area.Contains(context.ReturnAddress, 1)
            || context.ReturnSlot == context.Slot
            || guest.IsExecutable(context.ReturnSlot, SlotSize)
            || !guest.TryTranslate(context.ReturnSlot, forWriting: true, out _))
        {
            throw new RefusedException(
                Refusal.BadArgument,
                $"thread {context.ThreadId} frame {context.Depth}: return slot 0x{context.ReturnSlot:x} holds 0x{held:x}, not 0x{context.ReturnAddress:x} or its own stub, or can't be written");
        }
    }

    /// <summary>Checks that the contexts of an update to be applied stand in the versions that they name, and as many as claimed.</summary>
    public void CheckOld(Submission submission, IReadOnlyList<Versions> versions)
    {
        var counts = new uint[versions.Count];
        foreach (ContextInfo context in submission.Contexts)
        {
            if (!versions[context.Function].Run(context.Rip, context.Kind))
            {
                throw new RefusedException(
                    Refusal.BadArgument,
                    $"thread {context.ThreadId} frame {context.Depth}: 0x{context.Rip:x} is not in {submission.Functions[context.Function].Name}");
            }

            CheckSlot(context);
            counts[context.Function]++;
        }

        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] != submission.Functions[i].Activations)
            {
                throw new RefusedException(
                    Refusal.BadArgument,
                    $"{submission.Functions[i].Name}: {submission.Functions[i].Activations} activations claimed, {counts[i]} listed");
            }
        }

        CheckDistinct(submission.Contexts);
    }

    /// <summary>Checks that no slot is listed twice: moving it twice would move it wrong.</summary>
    public static void CheckDistinct(IReadOnlyList<ContextInfo> contexts)
    {
        var slots = new HashSet<ulong>();
        var returns = new HashSet<ulong>();
        foreach (ContextInfo context in contexts)
        {
            if (!slots.Add(context.Slot))
            {
                throw new RefusedException(Refusal.BadArgument, $"slot 0x{context.Slot:x} is listed twice");
            }

            if (context.ReturnSlot != 0 && !returns.Add(context.ReturnSlot))
            {
                throw new RefusedException(Refusal.BadArgument, $"return slot 0x{context.ReturnSlot:x} is listed twice");
            }
        }
    }
}
