using System.Buffers.Binary;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Stubs;

/// <summary>Plans what is written to stacks: moved contexts, stubs that are planted and taken off. Slots are read as they will be when the steps before have acted.</summary>
internal sealed class SlotPlanner(GuestReader reader, StubTable stubs)
{
    private readonly Dictionary<ulong, ulong> _planned = [];
    private readonly List<Stub> _taken = [];

    /// <summary>Plans to move a context.</summary>
    public Step Move(ContextInfo context, ulong target, int owner)
    {
        ulong held = Read(context.Slot);
        if (stubs.TryFind(held, out Stub stub))
        {
            return new Step(StepKind.StubTarget, held, Bytes(stub.ReturnAddress), Bytes(target), owner);
        }

        _planned[context.Slot] = target;
        return new Step(StepKind.Slot, context.Slot, Bytes(context.Rip), Bytes(target), owner);
    }

    /// <summary>Plans a stub for a context: the one that stands in its slot already, or a new one.</summary>
    /// <returns>Null if it has no slot, or the area is full.</returns>
    public Stub? Plant(ContextInfo context, List<Step> steps)
    {
        if (context.ReturnSlot == 0)
        {
            return null;
        }

        ulong held = Read(context.ReturnSlot);
        if (stubs.TryFind(held, out Stub stub))
        {
            return stub;
        }

        if (!stubs.TryTake(context.ReturnSlot, held, out stub))
        {
            return null;
        }

        _taken.Add(stub);
        _planned[context.ReturnSlot] = stubs.AddressOf(stub);
        steps.Add(new Step(StepKind.Stub, context.ReturnSlot, Bytes(held), Bytes(stubs.AddressOf(stub)), context.Function));
        return stub;
    }

    /// <summary>Plans to take a stub off that only one update awaits; one that the guest has overwritten is left.</summary>
    public void TakeOff(Activation activation, List<Step> steps)
    {
        if (activation.Stub is { Waiting: 1 } stub && stubs.IsInPlace(stub))
        {
            _planned[stub.Slot] = stub.ReturnAddress;
            steps.Add(new Step(StepKind.Stub, stub.Slot, Bytes(stubs.AddressOf(stub)), Bytes(stub.ReturnAddress), activation.Context.Function));
        }
    }

    /// <summary>The plan is not carried out: its stubs may stand for other slots.</summary>
    public void Forget()
    {
        _taken.ForEach(stubs.GiveBack);
        _taken.Clear();
    }

    private ulong Read(ulong slot) => _planned.TryGetValue(slot, out ulong value)
        ? value
        : BinaryPrimitives.ReadUInt64LittleEndian(reader.ReadBytes(slot, sizeof(ulong), "slot"));

    private static byte[] Bytes(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
