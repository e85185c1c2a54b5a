using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Code;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer.Snapshots;

/// <summary>Writes an update with its undo log, and reads it back; whatever the server later relies on is checked.</summary>
internal static class UpdateSerializer
{
    private const int MaxText = 1 << 16;
    private const int MaxList = 1 << 20;
    private const int MaxStepBytes = 4096;
    private const int MaxBody = 64 << 20;

    public static void Save(StateWriter writer, LiveUpdate update)
    {
        writer.WriteUInt32(update.Id);
        writer.WriteText(update.Name);
        writer.WriteText(update.Version);
        writer.WriteUInt64(update.RequestId);
        writer.WriteInt32((int)update.State);
        writer.WriteUInt64(update.ChangedAtBlock);
        writer.WriteInt32((int)update.Refusal);
        writer.WriteText(update.Detail);
        SaveAll(writer, update.Functions, Save);
        Save(writer, update.Module);
        Save(writer, update.RelocationArea);
        SaveAll(writer, update.Log, Save);
        SaveAll(writer, update.Copies, Save);
        SaveAll(writer, update.OldCode, Save);
        writer.WriteFlag(update.Completes);
        SaveAll(writer, [.. update.Drain.All], Save);
        SaveAll(writer, update.CpuBlockers, Save);
        SaveAll(writer, [.. update.Events.Waiting], Save);
        writer.WriteUInt64(update.Events.Dropped);
        SaveAll(writer, [.. update.ToldFunctions.Order()], static (to, function) => to.WriteUInt64((ulong)function));
        writer.WriteFlag(update.AllLeftTold);
        writer.WriteFlag(update.AwaitsReport);
        writer.WriteFlag(update.IsRetired);
        writer.WriteInt32(update.MovedContexts);
        writer.WriteUInt64(update.AppliedAtBlock);
        Save(writer, update.ApplyPause);
        Save(writer, update.RollBackPause);
        writer.WriteFlag(update.MemoryReleased);
        DataSerializer.Save(writer, update);
    }

    public static LiveUpdate Load(StateReader reader, int cpuCount, StubTable stubs)
    {
        LiveUpdate update = new(reader.ReadUInt32(), reader.ReadText(MaxText), reader.ReadText(MaxText), reader.ReadUInt64(), stubs);
        update.Restore(reader.ReadEnum<UpdateState>(), reader.ReadUInt64());
        update.Refusal = reader.ReadEnum<Refusal>();
        update.Detail = reader.ReadText(MaxText);
        update.Functions = LoadAll(reader, LoadFunction);
        update.Module = LoadRange(reader);
        update.RelocationArea = LoadRange(reader);
        int functions = update.Functions.Count;
        update.Log = LoadAll(reader, from => LoadStep(from, functions, cpuCount));
        update.Copies = LoadAll(reader, from => LoadCopy(from, functions));
        update.OldCode = LoadAll(reader, from => (Index(from, functions), LoadRange(from)));
        update.Completes = reader.ReadFlag();
        LoadActivations(reader, update, stubs);
        update.CpuBlockers = LoadAll(reader, LoadBlocker);
        update.Events.Restore(LoadAll(reader, LoadEvent), reader.ReadUInt64());
        update.ToldFunctions.UnionWith(LoadAll(reader, from => (int)Math.Min(from.ReadUInt64(), int.MaxValue), sizeof(ulong)));
        update.AllLeftTold = reader.ReadFlag();
        update.AwaitsReport = reader.ReadFlag();
        update.IsRetired = reader.ReadFlag();
        update.MovedContexts = reader.ReadInt32(0, MaxList);
        update.AppliedAtBlock = reader.ReadUInt64();
        update.ApplyPause = LoadPause(reader);
        update.RollBackPause = LoadPause(reader);
        update.MemoryReleased = reader.ReadFlag();
        DataSerializer.Load(reader, update);
        return update;
    }

    public static void SaveAll<T>(StateWriter writer, IReadOnlyList<T> items, Action<StateWriter, T> save)
    {
        writer.WriteCount(items.Count);
        foreach (T item in items)
        {
            save(writer, item);
        }
    }

    public static T[] LoadAll<T>(StateReader reader, Func<StateReader, T> load, int leastBytesEach = 16)
    {
        T[] items = new T[reader.ReadCount(MaxList, leastBytesEach)];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = load(reader);
        }

        return items;
    }

    private static void Save(StateWriter writer, ReplacedFunction function)
    {
        writer.WriteText(function.Name);
        writer.WriteUInt64(function.OldAddress);
        writer.WriteUInt32(function.OldSize);
        writer.WriteBytes(function.OldBytes);
        writer.WriteUInt64(function.NewAddress);
        writer.WriteUInt32(function.NewSize);
        writer.WriteUInt32(function.UntouchedTypes);
    }

    private static ReplacedFunction LoadFunction(StateReader reader)
    {
        ReplacedFunction function = new(
            reader.ReadText(MaxText), reader.ReadUInt64(), reader.ReadUInt32(), reader.ReadBytes(MaxBody), reader.ReadUInt64(), reader.ReadUInt32(), reader.ReadUInt32());
        bool sound = function.OldBytes.Length == function.OldSize && !Wraps(function.OldAddress, function.OldSize) && !Wraps(function.NewAddress, function.NewSize);
        return sound ? function : throw reader.Damaged($"function {function.Name}: {function.OldBytes.Length} old bytes for a body of {function.OldSize}, or beyond the address space");
    }

    private static void Save(StateWriter writer, CodeRange range)
    {
        writer.WriteUInt64(range.Start);
        writer.WriteUInt64(range.Length);
    }

    private static CodeRange LoadRange(StateReader reader)
    {
        CodeRange range = new(reader.ReadUInt64(), reader.ReadUInt64());
        return Wraps(range.Start, range.Length) ? throw reader.Damaged($"range 0x{range.Start:x}+0x{range.Length:x} wraps around") : range;
    }

    private static void Save(StateWriter writer, Step step)
    {
        writer.WriteInt32((int)step.Kind);
        writer.WriteUInt64(step.Address);
        writer.WriteBytes(step.Old);
        writer.WriteBytes(step.New);
        writer.WriteInt32(step.Owner);
    }

    private static Step LoadStep(StateReader reader, int functions, int cpuCount)
    {
        Step step = new(reader.ReadEnum<StepKind>(), reader.ReadUInt64(), reader.ReadBytes(MaxStepBytes), reader.ReadBytes(MaxStepBytes), Index(reader, functions));
        bool isLogged = step.Kind is StepKind.Copy or StepKind.Slot or StepKind.Cpu or StepKind.Jump;
        bool isPointer = step.Kind is StepKind.Cpu or StepKind.Slot;
        bool sound = isLogged
            && step.Old.Length == step.New.Length
            && (!isPointer || step.New.Length == sizeof(ulong))
            && (step.Kind == StepKind.Cpu ? step.Address < (ulong)cpuCount : !Wraps(step.Address, (ulong)step.New.Length));
        return sound ? step : throw reader.Damaged($"step {step}: {step.Old.Length} bytes before, {step.New.Length} after");
    }

    private static void Save(StateWriter writer, (int Function, RelocatedCopy Copy) item)
    {
        writer.WriteInt32(item.Function);
        writer.WriteUInt64(item.Copy.Source);
        writer.WriteUInt64(item.Copy.Address);
        writer.WriteBytes(item.Copy.Code);
        SaveAll(writer, item.Copy.Boundaries, static (to, pair) =>
        {
            to.WriteUInt64(pair.Original);
            to.WriteUInt64(pair.Copy);
        });
    }

    private static (int Function, RelocatedCopy Copy) LoadCopy(StateReader reader, int functions) => (
        Index(reader, functions),
        new RelocatedCopy(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadBytes(MaxStepBytes), LoadAll(reader, from => (from.ReadUInt64(), from.ReadUInt64()))));

    private static void Save(StateWriter writer, (int Function, CodeRange Code) item)
    {
        writer.WriteInt32(item.Function);
        Save(writer, item.Code);
    }

    private static void Save(StateWriter writer, Blocker blocker)
    {
        writer.WriteUInt32(blocker.ThreadId);
        writer.WriteText(blocker.ThreadName);
        writer.WriteText(blocker.Function);
        writer.WriteUInt32(blocker.Frame);
        writer.WriteInt32((int)blocker.Kind);
        writer.WriteUInt64(blocker.Rip);
        writer.WriteUInt64(blocker.SinceBlock);
        writer.WriteUInt64(blocker.SinceNanoseconds);
        writer.WriteText(blocker.WaitingOn);
    }

    private static Blocker LoadBlocker(StateReader reader) => new(
        reader.ReadUInt32(),
        reader.ReadText(MaxText),
        reader.ReadText(MaxText),
        reader.ReadUInt32(),
        (ContextKind)reader.ReadInt32(),
        reader.ReadUInt64(),
        reader.ReadUInt64(),
        reader.ReadUInt64(),
        reader.ReadText(MaxText));

    private static void Save(StateWriter writer, Activation activation)
    {
        writer.WriteUInt64(activation.Context.Slot);
        writer.WriteUInt64(activation.Context.Rip);
        writer.WriteInt32((int)activation.Context.Kind);
        writer.WriteInt32(activation.Context.Function);
        writer.WriteUInt32(activation.Context.ThreadId);
        writer.WriteUInt32(activation.Context.Depth);
        writer.WriteText(activation.Context.ThreadName);
        writer.WriteUInt64(activation.Context.ReturnSlot);
        writer.WriteUInt64(activation.Context.ReturnAddress);
        writer.WriteText(activation.Context.WaitingOn);
        writer.WriteUInt64(activation.Since.Block);
        writer.WriteUInt64(activation.Since.Nanoseconds);
        writer.WriteFlag(activation.WasMissing);
        writer.WriteInt32(activation.Stub?.Number ?? -1);
    }

    private static void LoadActivations(StateReader reader, LiveUpdate update, StubTable stubs)
    {
        for (int left = reader.ReadCount(MaxList, leastBytesEach: 16); left > 0; left--)
        {
            ContextInfo context = new(
                reader.ReadUInt64(),
                reader.ReadUInt64(),
                reader.ReadEnum<ContextKind>(),
                Index(reader, update.Functions.Count),
                reader.ReadUInt32(),
                reader.ReadUInt32(),
                reader.ReadText(MaxText),
                reader.ReadUInt64(),
                reader.ReadUInt64(),
                reader.ReadText(MaxText));
            GuestTime since = new(reader.ReadUInt64(), reader.ReadUInt64());
            bool missing = reader.ReadFlag();
            int number = reader.ReadInt32(-1, int.MaxValue);
            Stub? stub = null;
            if (number >= 0 && (!stubs.TryFindNumber(number, out stub) || update.Drain.TryFind(stub, out _)))
            {
                throw reader.Damaged($"activation of {update.Name}: stub {number} is not out, or awaited twice");
            }

            update.Drain.Add(context, stub, since).WasMissing = missing;
        }
    }

    private static void Save(StateWriter writer, UpdateEvent happened)
    {
        writer.WriteUInt32(happened.Kind);
        writer.WriteUInt32(happened.Function);
        writer.WriteUInt32(happened.ThreadId);
        writer.WriteUInt64(happened.Block);
        writer.WriteText(happened.ThreadName.ToString());
    }

    private static UpdateEvent LoadEvent(StateReader reader) => new()
    {
        Kind = reader.ReadUInt32(),
        Function = reader.ReadUInt32(),
        ThreadId = reader.ReadUInt32(),
        Block = reader.ReadUInt64(),
        ThreadName = Text16.From(reader.ReadText(MaxText)),
    };

    private static void Save(StateWriter writer, PauseTiming pause)
    {
        writer.WriteDouble(pause.VerifyMicroseconds);
        writer.WriteDouble(pause.PlanMicroseconds);
        writer.WriteDouble(pause.WriteMicroseconds);
        writer.WriteDouble(pause.InvalidateMicroseconds);
        writer.WriteDouble(pause.TransferMicroseconds);
        writer.WriteDouble(pause.ProtectMicroseconds);
        writer.WriteDouble(pause.TotalMicroseconds);
        writer.WriteUInt64(pause.Blocks);
    }

    private static PauseTiming LoadPause(StateReader reader) =>
        new(Duration(reader), Duration(reader), Duration(reader), Duration(reader), Duration(reader), Duration(reader), Duration(reader), 0, reader.ReadUInt64());

    /// <summary>Reads a duration in microseconds.</summary>
    internal static double Duration(StateReader reader)
    {
        double value = reader.ReadDouble();
        return double.IsFinite(value) ? value : throw reader.Damaged($"{value} is no duration");
    }

    private static int Index(StateReader reader, int functions) => reader.ReadInt32(0, functions - 1);

    private static bool Wraps(ulong start, ulong length) => length > ulong.MaxValue - start;
}
