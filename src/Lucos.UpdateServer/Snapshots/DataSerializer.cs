using Lucos.Abi;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer.Snapshots;

/// <summary>Writes the data of an update, and reads it back; the table of instances is filled from it afterwards.</summary>
internal static class DataSerializer
{
    private const int MaxText = 1 << 16;

    public static void Save(StateWriter writer, LiveUpdate update)
    {
        writer.WriteFlag(update.Data is not null);
        if (update.Data is not { } data)
        {
            return;
        }

        UpdateSerializer.SaveAll(writer, data.Types, Save);
        Save(writer, data.Stack);
        Save(writer, data.Scratch);
        writer.WriteFlag(data.Ledger is not null);
        Save(writer, data.StackPieces);
        Save(writer, data.ScratchPieces);
        writer.WriteFlag(data.IsMonitored);
        writer.WriteUInt32(data.LeftTypes);
        writer.WriteFlag(data.IsOver);
        writer.WriteUInt64(data.Intercepted);
        writer.WriteUInt64(data.Transfers);
        writer.WriteUInt64(data.FalseSharing);
        writer.WriteUInt64(data.SharedHeadStores);
        writer.WriteUInt64(data.PutOff);
        writer.WriteUInt64(data.MadeUp);
        for (int i = 0; i < data.Types.Count; i++)
        {
            Save(writer, data.Locks.TryGetValue(i, out LockWord? word) ? [word.Piece] : []);
        }

        UpdateSerializer.SaveAll(writer, [.. data.Instances.Values.OrderBy(instance => instance.Old)], Save);
        Save(writer, data.Ledger);
    }

    public static void Load(StateReader reader, LiveUpdate update)
    {
        if (!reader.ReadFlag())
        {
            return;
        }

        DataType[] types = UpdateSerializer.LoadAll(reader, LoadType);
        update.Data = new UpdateData(update, types, LoadRange(reader), LoadRange(reader), reader.ReadFlag())
        {
            StackPieces = LoadPieces(reader),
            ScratchPieces = LoadPieces(reader),
            IsMonitored = reader.ReadFlag(),
            LeftTypes = reader.ReadUInt32(),
            IsOver = reader.ReadFlag(),
            Intercepted = reader.ReadUInt64(),
            Transfers = reader.ReadUInt64(),
            FalseSharing = reader.ReadUInt64(),
            SharedHeadStores = reader.ReadUInt64(),
            PutOff = reader.ReadUInt64(),
            MadeUp = reader.ReadUInt64(),
        };
        CheckWorkspace(reader, update.Data);
        LoadLocks(reader, update.Data);
        foreach (Instance instance in UpdateSerializer.LoadAll(reader, from => LoadInstance(from, update)))
        {
            if (!update.Data.Instances.TryAdd(instance.Old, instance))
            {
                throw reader.Damaged($"instance 0x{instance.Old:x} comes twice");
            }
        }

        LoadLedger(reader, update.Data);
    }

    private static void Save(StateWriter writer, DataType type)
    {
        writer.WriteText(type.Name);
        writer.WriteInt32((int)type.Source);
        writer.WriteInt32((int)type.Placement);
        writer.WriteInt32((int)type.Interception);
        writer.WriteInt32((int)type.Transfer);
        writer.WriteUInt32(type.OldSize);
        writer.WriteUInt32(type.NewSize);
        writer.WriteUInt32(type.ExtraSize);
        writer.WriteUInt32(type.SharedHead);
        writer.WriteUInt32(type.LockOffset);
        writer.WriteUInt32(type.LockSize);
        writer.WriteUInt64(type.Lock);
        writer.WriteUInt64(type.ToNew);
        writer.WriteUInt64(type.ToOld);
        UpdateSerializer.SaveAll(writer, type.Fields, static (to, field) =>
        {
            to.WriteUInt32(field.Offset);
            to.WriteUInt32(field.Size);
        });
    }

    private static DataType LoadType(StateReader reader)
    {
        DataType type = new(
            reader.ReadText(MaxText),
            reader.ReadEnum<InstanceSource>(),
            reader.ReadEnum<Placement>(),
            reader.ReadEnum<Interception>(),
            reader.ReadEnum<TransferPoint>(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt64(),
            reader.ReadUInt64(),
            reader.ReadUInt64(),
            UpdateSerializer.LoadAll(reader, from => new PreservedField(from.ReadUInt32(), from.ReadUInt32()), 2 * sizeof(uint)));
        const uint Most = UpdateLimits.MaxInstanceBytes;
        bool sound = type.OldSize is > 0 and <= Most
            && type.NewSize is > 0 and <= Most
            && type.ExtraSize <= Most - type.NewSize
            && type.SharedHead < type.OldSize
            && (type.Transfer != TransferPoint.OnUnlock || type.LockSize is 4 or 8)
            && (type.Transfer != TransferPoint.Lazy || type.Interception == Interception.Service)
            && (!type.HasOwnLock || (type.LockSize <= type.SharedHead && type.LockOffset <= type.SharedHead - type.LockSize))
            && type.Fields.All(field => field.Offset <= type.OldSize && field.Size <= type.OldSize - field.Offset);
        return sound ? type : throw reader.Damaged($"type {type.Name}: {type.OldSize} bytes become {type.NewSize}+{type.ExtraSize}");
    }

    private static void Save(StateWriter writer, CodeRange range)
    {
        writer.WriteUInt64(range.Start);
        writer.WriteUInt64(range.Length);
    }

    private static CodeRange LoadRange(StateReader reader)
    {
        CodeRange range = new(reader.ReadUInt64(), reader.ReadUInt64());
        return range.Length <= ulong.MaxValue - range.Start ? range : throw reader.Damaged($"range 0x{range.Start:x}+0x{range.Length:x} wraps around");
    }

    private static void Save(StateWriter writer, PhysicalPiece[] pieces) => UpdateSerializer.SaveAll(writer, pieces, static (to, piece) =>
    {
        to.WriteUInt64(piece.Physical);
        to.WriteInt32(piece.Length);
    });

    private static PhysicalPiece[] LoadPieces(StateReader reader) => UpdateSerializer.LoadAll(
        reader,
        static from =>
        {
            PhysicalPiece piece = new(from.ReadUInt64(), from.ReadInt32(1, (int)GuestLayout.PageSize));
            return piece.End <= (int)GuestLayout.PageSize ? piece : throw from.Damaged($"RAM at 0x{piece.Physical:x}: {piece.Length} bytes leave its page");
        },
        sizeof(ulong) + sizeof(int));

    private static void CheckWorkspace(StateReader reader, UpdateData data)
    {
        bool sound = (data.StackPieces.Length == 0 || LengthOf(data.StackPieces) == data.Stack.Length)
            && (data.ScratchPieces.Length == 0 || LengthOf(data.ScratchPieces) == data.Scratch.Length)
            && data.Stack.Length <= UpdateLimits.MaxTransferStackBytes
            && data.Scratch.Length <= 2 * UpdateLimits.MaxInstanceBytes;
        if (!sound)
        {
            throw reader.Damaged($"stack of {data.Stack.Length} bytes, scratch memory of {data.Scratch.Length}");
        }
    }

    private static void LoadLocks(StateReader reader, UpdateData data)
    {
        for (int i = 0; i < data.Types.Count; i++)
        {
            PhysicalPiece[] pieces = LoadPieces(reader);
            if (pieces.Length > 1 || (pieces.Length == 1 && (data.Types[i].Transfer != TransferPoint.OnUnlock || pieces[0].Length != data.Types[i].LockSize)))
            {
                throw reader.Damaged($"lock of {data.Types[i].Name}: {LengthOf(pieces)} bytes");
            }

            if (pieces.Length == 1)
            {
                data.Locks.Add(i, new LockWord(pieces[0]));
            }
        }
    }

    private static void Save(StateWriter writer, Instance instance)
    {
        writer.WriteInt32(instance.TypeIndex);
        writer.WriteUInt64(instance.Old);
        writer.WriteUInt64(instance.New);
        Save(writer, instance.OldPieces);
        Save(writer, instance.NewPieces);
        writer.WriteInt32((int)instance.Written);
    }

    private static Instance LoadInstance(StateReader reader, LiveUpdate update)
    {
        Instance instance = new(
            update,
            reader.ReadInt32(0, update.Data!.Types.Count - 1),
            reader.ReadUInt64(),
            reader.ReadUInt64(),
            LoadPieces(reader),
            LoadPieces(reader))
        {
            Written = (Side)reader.ReadInt32(0, (int)Side.New),
        };
        bool sound = LengthOf(instance.OldPieces) == instance.Type.OldSize && LengthOf(instance.NewPieces) == instance.Type.NewLength;
        return sound ? instance : throw reader.Damaged($"instance 0x{instance.Old:x} of {instance.Type.Name}: its RAM is not as long as the type");
    }

    private static ulong LengthOf(PhysicalPiece[] pieces) => (ulong)pieces.Sum(piece => (long)piece.Length);

    private static void Save(StateWriter writer, Ledger? ledger)
    {
        if (ledger is null)
        {
            return;
        }

        writer.WriteUInt64(ledger.Total);
        UpdateSerializer.SaveAll(writer, [.. ledger.Entries], static (to, entry) =>
        {
            to.WriteUInt64(entry.Block);
            to.WriteInt32(entry.Cpu);
            to.WriteUInt64(entry.Rip);
            to.WriteInt32(entry.Type);
            to.WriteUInt64(entry.Instance);
            to.WriteFlag(entry.IsNew);
            to.WriteUInt32(entry.Offset);
            to.WriteInt32(entry.Size);
            to.WriteUInt64(entry.Value);
        });
    }

    private static void LoadLedger(StateReader reader, UpdateData data)
    {
        if (data.Ledger is not { } ledger)
        {
            return;
        }

        ulong total = reader.ReadUInt64();
        int types = data.Types.Count;
        LedgerEntry[] kept = UpdateSerializer.LoadAll(reader, from => new LedgerEntry(
            from.ReadUInt64(),
            from.ReadInt32(0, int.MaxValue),
            from.ReadUInt64(),
            from.ReadInt32(0, types - 1),
            from.ReadUInt64(),
            from.ReadFlag(),
            from.ReadUInt32(),
            from.ReadInt32(0, int.MaxValue),
            from.ReadUInt64()));
        if (kept.Length > Ledger.Capacity || (ulong)kept.Length > total)
        {
            throw reader.Damaged($"ledger of {kept.Length} entries, {total} in all");
        }

        ledger.Restore(total, kept);
    }
}
