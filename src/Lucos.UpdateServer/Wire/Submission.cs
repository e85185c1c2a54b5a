using Lucos.Abi;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Wire;

/// <summary>What APPLY or ROLLBACK handed over: well formed, copied out of guest memory once, not yet compared with anything.</summary>
internal sealed record Submission(
    uint UpdateId,
    string Name,
    string Version,
    byte[] BuildId,
    IReadOnlyList<SubmittedFunction> Functions,
    IReadOnlyList<ContextInfo> Contexts,
    CodeRange Module,
    CodeRange RelocationArea,
    ulong RequestId,
    uint Flags,
    ulong Types,
    uint TypeCount,
    IReadOnlyList<InstanceDescriptor> Instances,
    CodeRange Stack,
    CodeRange Scratch,
    IReadOnlyList<WritableRange> Ranges);
