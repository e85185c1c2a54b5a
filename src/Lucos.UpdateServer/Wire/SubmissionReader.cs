using Lucos.Abi;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Wire;

/// <summary>Reads descriptors out of guest memory: each byte once, so that what was checked is what is used.</summary>
internal sealed class SubmissionReader(GuestReader reader)
{
    /// <summary>The module area: nothing of an update lies outside it.</summary>
    private static readonly CodeRange s_moduleArea = new(GuestLayout.ModuleBase, GuestLayout.ModuleAreaSize);

    /// <summary>Reads an update descriptor with its arrays.</summary>
    public Submission ReadUpdate(ulong address)
    {
        UpdateDescriptor raw = reader.ReadVersioned<UpdateDescriptor>(address, "update descriptor");
        string name = NameRules.UpdateName(raw.Name);
        string version = NameRules.Version(raw.Version);
        const uint Known = UpdateFlags.UpdateFlagCompletes | UpdateFlags.UpdateFlagVerifyCoherence;
        if ((raw.Flags & ~Known) != 0)
        {
            throw new RefusedException(Refusal.BadArgument, $"{name}: flags 0x{raw.Flags:x}, 0x{Known:x} are defined");
        }

        if (raw.RangePad != 0)
        {
            throw new RefusedException(Refusal.BadArgument, $"{name}: padding behind the ranges is 0x{raw.RangePad:x}, not 0");
        }

        return new Submission(
            raw.UpdateId,
            name,
            version,
            raw.BuildId.ToArray(),
            ReadFunctions(raw.Functions, raw.FunctionCount),
            ReadContexts(raw.Contexts, raw.ContextCount, raw.FunctionCount),
            RangeIn(s_moduleArea, raw.ModuleBase, raw.ModuleSize, "module"),
            RangeIn(s_moduleArea, raw.RelocationArea, raw.RelocationSize, "relocation area"),
            raw.RequestId,
            raw.Flags,
            raw.Types,
            raw.TypeCount,
            reader.ReadArray<InstanceDescriptor>(raw.Instances, raw.InstanceCount, UpdateLimits.MaxInstances, "instances"),
            RangeOf(raw.Stack, raw.StackSize, "stack of transfers"),
            RangeOf(raw.Scratch, raw.ScratchSize, "scratch memory"),
            reader.ReadArray<WritableRange>(raw.Ranges, raw.RangeCount, UpdateLimits.MaxInstances, "writable ranges"));
    }

    /// <summary>Reads an array of contexts.</summary>
    /// <param name="address">Where it lies.</param>
    /// <param name="count">Its entries.</param>
    /// <param name="functions">Number of functions that the entries may name.</param>
    public IReadOnlyList<ContextInfo> ReadContexts(ulong address, uint count, uint functions)
    {
        ContextDescriptor[] raw = reader.ReadArray<ContextDescriptor>(address, count, UpdateLimits.MaxContexts, "contexts");
        var contexts = new ContextInfo[raw.Length];
        for (int i = 0; i < raw.Length; i++)
        {
            contexts[i] = ReadContext(raw[i], i, functions);
        }

        return contexts;
    }

    private static ContextInfo ReadContext(in ContextDescriptor raw, int index, uint functions)
    {
        var kind = (ContextKind)raw.Kind;
        if (!Enum.IsDefined(kind) || raw.Function >= functions)
        {
            throw new RefusedException(Refusal.BadArgument, $"context {index}: kind {raw.Kind}, function {raw.Function} of {functions}");
        }

        return new ContextInfo(
            raw.Slot,
            raw.Rip,
            kind,
            (int)raw.Function,
            raw.ThreadId,
            raw.Depth,
            NameRules.Printable(raw.ThreadName.ToString()),
            raw.ReturnSlot,
            raw.ReturnAddress,
            NameRules.Printable(raw.WaitingOn.ToString()));
    }

    private List<SubmittedFunction> ReadFunctions(ulong address, uint count)
    {
        if (count == 0)
        {
            throw new RefusedException(Refusal.BadArgument, "functions: none");
        }

        FunctionDescriptor[] raw = reader.ReadArray<FunctionDescriptor>(address, count, UpdateLimits.MaxFunctions, "functions");
        return [.. raw.Select(ReadFunction)];
    }

    private static SubmittedFunction ReadFunction(FunctionDescriptor raw, int index) => new(
        NameRules.FunctionName(raw.Name, index),
        raw.OldAddress,
        raw.OldSize,
        raw.OldBytes,
        raw.OldHash.ToArray(),
        raw.NewAddress,
        raw.NewSize,
        raw.Activations,
        raw.UntouchedTypes);

    private static CodeRange RangeOf(ulong start, ulong length, string what) => length <= ulong.MaxValue - start
        ? new CodeRange(start, length)
        : throw new RefusedException(Refusal.BadArgument, $"{what} 0x{start:x}+0x{length:x}: wraps around");

    private static CodeRange RangeIn(CodeRange area, ulong start, ulong length, string what) =>
        length != 0 && area.Contains(start, length)
            ? new CodeRange(start, length)
            : throw new RefusedException(Refusal.BadArgument, $"{what} 0x{start:x}+0x{length:x}: not inside the module area 0x{area.Start:x}+0x{area.Length:x}");
}
