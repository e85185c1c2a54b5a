using System.Buffers.Binary;
using Lucos.Abi;
using Lucos.UpdateServer.Code;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Transactions;

/// <summary>Works out every byte that rolling an update back will write. Changes nothing.</summary>
internal sealed class RollBackPlanner(IGuest guest, GuestReader reader, ContextChecker checker, SlotPlanner slots, LiveUpdate update)
{
    /// <summary>Plans it all.</summary>
    public RollBackPlan Plan(IReadOnlyList<ContextInfo> contexts)
    {
        var steps = new List<Step>();
        var code = new List<Step>();
        var staying = new List<ContextInfo>();
        ContextChecker.CheckDistinct(contexts);
        foreach (Activation activation in update.Drain.All)
        {
            slots.TakeOff(activation, steps);
        }

        foreach (ContextInfo context in contexts)
        {
            if (!MoveBack(context, steps))
            {
                staying.Add(context);
            }
        }

        var activations = staying.Select(context => (context, slots.Plant(context, steps))).ToList();

        for (int cpu = 0; cpu < guest.CpuCount; cpu++)
        {
            MoveBack(cpu, steps);
        }

        for (int i = update.Log.Count - 1; i >= 0; i--)
        {
            if (update.Log[i].IsCode)
            {
                CheckStillOurs(update.Log[i]);
                code.Add(update.Log[i].Inverse);
            }
        }

        return new RollBackPlan(steps, code, activations);
    }

    private bool MoveBack(ContextInfo context, List<Step> steps)
    {
        if (!update.Module.Runs(context.Rip, context.Kind))
        {
            throw new RefusedException(Refusal.BadArgument, $"thread {context.ThreadId} frame {context.Depth}: 0x{context.Rip:x} is not in the module of {update.Name}");
        }

        checker.CheckSlot(context);
        if (!TryMapBack(context.Rip, $"thread {context.ThreadId} ({context.ThreadName}) frame {context.Depth}", out int owner, out ulong original))
        {
            return false;
        }

        steps.Add(slots.Move(context, original, owner));
        return true;
    }

    private void MoveBack(int cpu, List<Step> steps)
    {
        if (TryMapBack(guest.GetRip(cpu), $"vCPU {cpu}", out int owner, out ulong original))
        {
            steps.Add(new Step(StepKind.Cpu, (ulong)cpu, Bytes(guest.GetRip(cpu)), Bytes(original), owner));
        }
    }

    private bool TryMapBack(ulong rip, string who, out int owner, out ulong original)
    {
        foreach ((int function, RelocatedCopy copy) in update.Copies)
        {
            if (copy.Contains(rip))
            {
                owner = function;
                return copy.TryMapBack(rip, out original)
                    ? true
                    : throw new RefusedException(Refusal.UnrelocatableContext, $"{update.Name}: {who} stands at 0x{rip:x}, inside a displaced instruction");
            }
        }

        owner = 0;
        original = 0;
        return false;
    }

    private void CheckStillOurs(Step step)
    {
        byte[] found = reader.ReadBytes(step.Address, (ulong)step.New.Length, $"{step}");
        if (!found.AsSpan().SequenceEqual(step.New))
        {
            throw new RefusedException(
                Refusal.OldBytesMismatch,
                $"{update.Name}: {step}: expected {Convert.ToHexStringLower(step.New)}, found {Convert.ToHexStringLower(found)}; somebody else writes code");
        }
    }

    private static byte[] Bytes(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
