using Lucos.Abi;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Data;

/// <summary>Reads the types of an update out of guest memory, and checks all of them that does not concern instances.</summary>
internal sealed class DataReader(IGuest guest, GuestReader reader, CodeRange module)
{
    private int _fields;

    /// <summary>The data of an update that is to be applied.</summary>
    public UpdateData? Read(LiveUpdate update, Submission submission)
    {
        if (submission.TypeCount == 0)
        {
            return submission.Instances.Count + submission.Ranges.Count == 0
                ? null
                : throw Bad($"{submission.Instances.Count} instances and {submission.Ranges.Count} writable ranges of no type");
        }

        if ((submission.Flags & UpdateFlags.UpdateFlagCompletes) == 0)
        {
            throw Bad($"{submission.Name} changes data, and is not flagged to be completed");
        }

        TypeDescriptor[] raw = reader.ReadArray<TypeDescriptor>(submission.Types, submission.TypeCount, UpdateLimits.MaxTypes, "types");
        DataType[] types = [.. raw.Select(ReadType)];
        CheckTogether(types);
        CheckHandlers(update, types);
        bool isVerified = (submission.Flags & UpdateFlags.UpdateFlagVerifyCoherence) != 0;
        ulong largest = types.Max(type => Math.Max((ulong)type.OldSize, type.NewLength));
        CheckWorkspace(submission.Stack, submission.Scratch, isVerified ? largest : 0);
        return new UpdateData(update, types, submission.Stack, isVerified ? submission.Scratch : default, isVerified);
    }

    private DataType ReadType(TypeDescriptor raw)
    {
        string name = NameRules.TypeName(raw.Name);
        CheckKinds(raw, name);
        CheckSizes(raw, name);
        CheckFunctions(raw, name);
        CheckLock(raw, name);
        return new DataType(
            name,
            (InstanceSource)raw.Source,
            (Placement)raw.Placement,
            (Interception)raw.Interception,
            (TransferPoint)raw.Transfer,
            raw.OldSize,
            raw.NewSize,
            raw.ExtraSize,
            raw.SharedHead,
            raw.LockOffset,
            raw.LockSize,
            raw.Lock,
            raw.ToNew,
            raw.ToOld,
            ReadFields(raw, name));
    }

    // A transfer that fails while both live gives the new versions up, and what is transferred once is nowhere else.
    private static void CheckTogether(DataType[] types)
    {
        if (types.FirstOrDefault(type => type.IsOnce) is { } once && types.FirstOrDefault(type => type.IsMonitored) is { } monitored)
        {
            throw Bad($"type {once.Name} is transferred once, and {monitored.Name} at every change: where that fails the old version of {once.Name} would be out of date; make two updates of it");
        }
    }

    // One that nobody handles would be taken for left before it is monitored.
    private static void CheckHandlers(LiveUpdate update, DataType[] types)
    {
        foreach (ReplacedFunction function in update.Functions)
        {
            if (types.Length < UpdateLimits.MaxTypes && function.UntouchedTypes >> types.Length != 0)
            {
                throw Bad($"{function.Name}: it is said not to touch types 0x{function.UntouchedTypes:x}, and there are {types.Length}");
            }
        }

        for (int i = 0; i < types.Length; i++)
        {
            if (!update.Functions.Any(function => function.Handles(i)))
            {
                throw Bad($"type {types[i].Name}: no function is said to touch it");
            }
        }
    }

    private static void CheckKinds(in TypeDescriptor raw, string name)
    {
        if (raw.Pad != 0
            || !Enum.IsDefined((InstanceSource)raw.Source)
            || !Enum.IsDefined((Placement)raw.Placement)
            || !Enum.IsDefined((Interception)raw.Interception)
            || !Enum.IsDefined((TransferPoint)raw.Transfer))
        {
            throw Bad($"type {name}: source {raw.Source}, placement {raw.Placement}, interception {raw.Interception}, transfer {raw.Transfer}");
        }

        if (raw.Transfer == (uint)TransferPoint.Lazy && raw.Interception != (uint)Interception.Service)
        {
            throw Bad($"type {name}: a lazy transfer runs inside the instruction that reads, so its interception must be service ({(uint)Interception.Service}), not {raw.Interception}");
        }
    }

    private static void CheckSizes(in TypeDescriptor raw, string name)
    {
        bool sound = raw.OldSize is > 0 and <= UpdateLimits.MaxInstanceBytes
            && raw.NewSize is > 0 and <= UpdateLimits.MaxInstanceBytes
            && raw.ExtraSize <= UpdateLimits.MaxInstanceBytes - raw.NewSize;
        if (!sound)
        {
            throw new RefusedException(
                Refusal.TooLarge, $"type {name}: {raw.OldSize} bytes become {raw.NewSize}+{raw.ExtraSize}; 1 to {UpdateLimits.MaxInstanceBytes} are allowed");
        }

        if (raw.SharedHead >= raw.OldSize)
        {
            throw Bad($"type {name}: {raw.SharedHead} bytes of {raw.OldSize} are shared, so nothing is left to transfer");
        }
    }

    private void CheckFunctions(in TypeDescriptor raw, string name)
    {
        bool needsBack = raw.Placement != (uint)Placement.Shadow || raw.ToOld != 0;
        if (!IsCode(raw.ToNew) || (needsBack && !IsCode(raw.ToOld)))
        {
            throw Bad($"type {name}: transfer functions 0x{raw.ToNew:x}, 0x{raw.ToOld:x}: not executable memory inside the module");
        }
    }

    private bool IsCode(ulong address) => module.Contains(address, 1) && guest.IsExecutable(address, 1);

    private static void CheckLock(in TypeDescriptor raw, string name)
    {
        if (raw.Transfer != (uint)TransferPoint.OnUnlock)
        {
            return;
        }

        bool own = raw.LockOffset != UpdateFlags.NoLock;
        bool sound = raw.LockSize is 4 or 8
            && own == (raw.Lock == 0)
            && (own ? raw.LockOffset <= raw.SharedHead && raw.LockSize <= raw.SharedHead - raw.LockOffset : raw.Lock % raw.LockSize == 0);
        if (!sound)
        {
            throw Bad($"type {name}: lock of {raw.LockSize} bytes at offset 0x{raw.LockOffset:x} or address 0x{raw.Lock:x}: must be one of both, 4 or 8 bytes, aligned, and inside the shared head if it is in the instance");
        }
    }

    private PreservedField[] ReadFields(in TypeDescriptor raw, string name)
    {
        FieldDescriptor[] fields = reader.ReadArray<FieldDescriptor>(raw.Fields, raw.FieldCount, UpdateLimits.MaxFields, $"fields of {name}");
        _fields += fields.Length;
        if (_fields > UpdateLimits.MaxFields)
        {
            throw new RefusedException(Refusal.TooLarge, $"preserved fields of all types: more than {UpdateLimits.MaxFields}");
        }

        foreach (FieldDescriptor field in fields)
        {
            if (field.Size == 0 || field.Offset < raw.SharedHead || field.Offset > raw.OldSize || field.Size > raw.OldSize - field.Offset)
            {
                throw Bad($"type {name}: preserved field +0x{field.Offset:x}, {field.Size} bytes: not behind the shared head of {raw.SharedHead} bytes and inside {raw.OldSize}");
            }
        }

        return [.. fields.Select(field => new PreservedField(field.Offset, field.Size))];
    }

    private static void CheckWorkspace(CodeRange stack, CodeRange scratch, ulong scratchNeeded)
    {
        bool sound = stack.Start % GuestLayout.PageSize == 0
            && stack.Length % GuestLayout.PageSize == 0
            && stack.Length is > 0 and <= UpdateLimits.MaxTransferStackBytes;
        if (!sound)
        {
            throw Bad($"stack of transfers 0x{stack.Start:x}+0x{stack.Length:x}: not whole pages, or more than {UpdateLimits.MaxTransferStackBytes} bytes");
        }

        if (scratch.Length < scratchNeeded || scratch.Length > 2 * UpdateLimits.MaxInstanceBytes)
        {
            throw Bad($"scratch memory 0x{scratch.Start:x}+0x{scratch.Length:x}: checked transfers need {scratchNeeded} bytes");
        }
    }

    private static RefusedException Bad(string detail) => new(Refusal.BadArgument, detail);
}
