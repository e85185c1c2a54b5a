using System.Buffers.Binary;
using Lucos.Control.Guests;
using Lucos.Control.Scenarios.Model;

namespace Lucos.Control.Scenarios.Running;

/// <summary>Runs a guest up to a moment.</summary>
public sealed class MomentSeeker
{
    private const ulong OneBlock = 1;

    private readonly GuestSession _session;
    private ulong _budget;

    /// <summary>Makes a seeker.</summary>
    /// <param name="session">The guest.</param>
    public MomentSeeker(GuestSession session) => _session = session;

    private IGuest Guest => _session.Guest;

    /// <summary>Runs up to a moment.</summary>
    /// <param name="moment">The moment.</param>
    /// <param name="budget">Blocks allowed.</param>
    /// <exception cref="BudgetExceededException">It did not come.</exception>
    /// <exception cref="InvalidDataException">Its function is not in the kernel, or several are, or the guest has no such processor.</exception>
    public void RunUntil(Moment moment, ulong budget)
    {
        var deadline = Guest.Blocks + budget;
        _budget = budget;
        switch (moment)
        {
            case ConsoleMoment console:
                var mark = _session.Console.End;
                _session.Await(moment.ToString()!, () => _session.Console.Since(mark).Contains(console.Text, StringComparison.Ordinal), budget);
                break;
            case BlocksMoment blocks:
                var target = Guest.Blocks + blocks.Count;
                _session.Await(moment.ToString()!, () => Guest.Blocks >= target, blocks.Count + GuestSession.Slice);
                break;
            case EntryMoment entry:
                RunToCall(Find(entry).Address + (ulong)entry.Offset, entry.Count, deadline, entry);
                break;
            case ReturnMoment @return:
                RunToCall(Find(@return).Address, @return.Count, deadline, @return);
                RunToReturn(deadline, moment);
                break;
            case ActiveMoment active:
                RunUntilActive(Find(active), deadline, active);
                break;
            default:
                throw new InvalidOperationException($"no way to seek {moment}");
        }
    }

    private GuestFunction Find(FunctionMoment moment)
    {
        if (moment.Cpu >= Guest.Processors.Count)
        {
            throw new InvalidDataException($"no-such-processor: '{moment}' needs one that this guest of {Guest.Processors.Count} has not: give it more by 'cpus'");
        }

        return Guest.FindFunctions(moment.Function) switch
        {
            [var one] => one,
            [] => throw new InvalidDataException($"missing-symbol: the kernel has no function '{moment.Function}'"),
            var several => throw new InvalidDataException($"ambiguous-symbol: the kernel has {several.Count} functions '{moment.Function}'"),
        };
    }

    /// <summary>Stops before an instruction is executed for the nth time, by the moment's processor if it names one.</summary>
    private void RunToCall(ulong address, int count, ulong deadline, FunctionMoment moment)
    {
        var calls = 0;
        RunTo(address, g => (moment.Cpu ?? g.CurrentProcessor) == g.CurrentProcessor && ++calls == count, deadline, moment);
    }

    /// <summary>Stops at the return address of the call at whose entry the guest stands, once this very frame has gone: on whichever processor, since threads move.</summary>
    private void RunToReturn(ulong deadline, Moment moment)
    {
        var stack = Guest.StackPointer;
        RunTo(ReturnAddress(), g => g.StackPointer == stack + 8, deadline, moment);
    }

    private void RunTo(ulong address, Func<IGuest, bool> isIt, ulong deadline, Moment moment)
    {
        Guest.AddBreakpoint(address);
        try
        {
            GuestStop stop;
            do
            {
                stop = RunSlice(deadline, moment);
            }
            while (stop.Kind != GuestStopKind.Breakpoint || Guest.InstructionPointer != address || !isIt(Guest));
        }
        finally
        {
            Guest.RemoveBreakpoint(address);
        }
    }

    /// <summary>Goes block by block from the function's entry until its thread runs something else and has not returned.</summary>
    private void RunUntilActive(GuestFunction function, ulong deadline, ActiveMoment moment)
    {
        RunToCall(function.Address, moment.Count, deadline, moment);
        while (!StepsOut(function, ReturnAddress(), deadline, moment))
        {
            RunToCall(function.Address, 1, deadline, moment);
        }
    }

    /// <summary>The thread can't leave its processor without leaving the function first, by an interrupt; what the others execute meanwhile says nothing of it.</summary>
    private bool StepsOut(GuestFunction function, ulong returnAddress, ulong deadline, Moment moment)
    {
        var processor = Guest.CurrentProcessor;
        while (Guest.CurrentProcessor != processor || function.Contains(Guest.InstructionPointer))
        {
            _ = RunSlice(deadline, moment, OneBlock);
        }

        return Guest.InstructionPointer != returnAddress;
    }

    private ulong ReturnAddress()
    {
        Span<byte> slot = stackalloc byte[8];
        return Guest.TryRead(Guest.StackPointer, slot)
            ? BinaryPrimitives.ReadUInt64LittleEndian(slot)
            : throw new InvalidDataException($"the stack at 0x{Guest.StackPointer:x} is not mapped");
    }

    private GuestStop RunSlice(ulong deadline, Moment moment, ulong most = GuestSession.Slice)
    {
        if (Guest.Blocks >= deadline)
        {
            throw new BudgetExceededException(moment.ToString()!, _budget);
        }

        return _session.RunOn(Math.Min(most, deadline - Guest.Blocks));
    }
}
