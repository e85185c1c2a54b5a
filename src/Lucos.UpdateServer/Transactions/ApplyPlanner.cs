using System.Buffers.Binary;
using Lucos.Abi;
using Lucos.UpdateServer.Code;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Transactions;

/// <summary>Works out every byte that applying will write. Changes nothing.</summary>
internal sealed class ApplyPlanner(IGuest guest, GuestReader reader, Submission submission, SlotPlanner slots)
{
    private readonly List<Step> _copySteps = [];
    private readonly List<Step> _moveSteps = [];
    private readonly List<Step> _jumpSteps = [];
    private readonly List<(int Function, RelocatedCopy Copy)> _copies = [];
    private ulong _areaUsed;

    /// <summary>Plans all functions.</summary>
    public ApplyPlan Plan(IReadOnlyList<ReplacedFunction> functions, IReadOnlyList<Versions> versions)
    {
        for (int i = 0; i < functions.Count; i++)
        {
            foreach ((CodeRange code, byte[]? body) in versions[i].Places)
            {
                PlanPlace(i, functions[i], code, body, versions[i]);
            }
        }

        List<Step> stubSteps = [];
        (ContextInfo Context, Stub? Stub)[] activations = [.. submission.Contexts.Select(context => (Moved(context), slots.Plant(context, stubSteps)))];
        return new ApplyPlan([.. _copySteps, .. _moveSteps, .. stubSteps], _jumpSteps, _copies, _moveSteps.Count, activations);
    }

    private void PlanPlace(int index, ReplacedFunction function, CodeRange place, byte[]? body, Versions versions)
    {
        if (!Trampoline.TryEncode(place.Start, function.NewAddress, out byte[] jump))
        {
            throw new RefusedException(Refusal.OutOfReach, $"{function.Name}: 0x{place.Start:x} to 0x{function.NewAddress:x}");
        }

        byte[] code = body ?? reader.ReadBytes(place.Start, place.Length, $"replacement of {function.Name}");
        MoveContexts(index, function, place, code, versions);
        byte[] old = reader.ReadBytes(place.Start, Trampoline.Length, function.Name);
        _jumpSteps.Add(new Step(StepKind.Jump, place.Start, old, jump, index));
    }

    private void MoveContexts(int index, ReplacedFunction function, CodeRange place, byte[] body, Versions versions)
    {
        List<ContextInfo> inside = [.. submission.Contexts.Where(context => IsOverwritten(context.Rip, place))];
        List<int> cpus = [.. Enumerable.Range(0, guest.CpuCount).Where(cpu => IsOverwritten(guest.GetRip(cpu), place))];
        RefuseBranchBack(function, place, body, versions);
        if (inside.Count + cpus.Count == 0)
        {
            return;
        }

        RelocatedCopy copy = MakeCopy(index, function, place, body);
        foreach (ContextInfo context in inside)
        {
            ulong target = Map(copy, context.Rip, $"thread {context.ThreadId} ({context.ThreadName}) frame {context.Depth}", function);
            _moveSteps.Add(slots.Move(context, target, index));
        }

        foreach (int cpu in cpus)
        {
            ulong target = Map(copy, guest.GetRip(cpu), $"vCPU {cpu}", function);
            _moveSteps.Add(new Step(StepKind.Cpu, (ulong)cpu, Bytes(guest.GetRip(cpu)), Bytes(target), index));
        }
    }

    /// <summary>A loop whose head lies in the overwritten bytes can't be left running: its next turn would land inside the jump.</summary>
    private void RefuseBranchBack(ReplacedFunction function, CodeRange place, byte[] body, Versions versions)
    {
        bool active = submission.Contexts.Any(context => place.Runs(context.Rip, context.Kind))
            || Enumerable.Range(0, guest.CpuCount).Any(cpu => versions.Run(guest.GetRip(cpu), ContextKind.InterruptFrame));
        if (active && CodeShape.TryFindBranchIntoEntry(body, place.Start, out ulong branch))
        {
            throw new RefusedException(
                Refusal.UnrelocatableContext,
                $"{function.Name}: somebody is in it, and its branch at 0x{branch:x} leads back into the bytes that the jump overwrites");
        }
    }

    private RelocatedCopy MakeCopy(int index, ReplacedFunction function, CodeRange place, byte[] body)
    {
        ulong destination = submission.RelocationArea.Start + _areaUsed;
        if (submission.RelocationArea.Length - _areaUsed < Displacer.SlotSize)
        {
            throw new RefusedException(Refusal.UnrelocatableContext, $"{function.Name}: the relocation area of {submission.RelocationArea.Length} bytes is full");
        }

        if (!Displacer.TryCopy(body, place.Start, destination, out RelocatedCopy? copy, out string problem) || copy is null)
        {
            throw new RefusedException(Refusal.UnrelocatableContext, $"{function.Name}: {problem}");
        }

        _areaUsed += Displacer.SlotSize;
        byte[] before = reader.ReadBytes(destination, (ulong)copy.Code.Length, "relocation area");
        _copySteps.Add(new Step(StepKind.Copy, destination, before, copy.Code, index));
        _copies.Add((index, copy));
        return copy;
    }

    private static ulong Map(RelocatedCopy copy, ulong rip, string who, ReplacedFunction function) =>
        copy.TryMapForward(rip, out ulong target)
            ? target
            : throw new RefusedException(Refusal.UnrelocatableContext, $"{function.Name}: {who} stands at 0x{rip:x}, in the middle of an instruction");

    private static bool IsOverwritten(ulong rip, CodeRange place) => rip > place.Start && rip - place.Start < Trampoline.Length;

    private ContextInfo Moved(ContextInfo context)
    {
        foreach ((int function, RelocatedCopy copy) in _copies)
        {
            if (function == context.Function && context.Rip - copy.Source < Trampoline.Length && copy.TryMapForward(context.Rip, out ulong moved))
            {
                return context with { Rip = moved };
            }
        }

        return context;
    }

    private static byte[] Bytes(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
