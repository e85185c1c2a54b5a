namespace Lucos.Packaging.Inspection;

/// <summary>One replaced function, for people and for JSON.</summary>
/// <param name="Name">Name of the old function, with its file where that is needed.</param>
/// <param name="OldAddress">Its virtual address in the kernel, such as <c>0xffffffff80101230</c>.</param>
/// <param name="OldSize">Bytes of the old function.</param>
/// <param name="OldHash">SHA-256 of its bytes.</param>
/// <param name="OldCode">Its first instructions.</param>
/// <param name="ReplacedBy">Name of the new function.</param>
/// <param name="NewSize">Bytes of the new function.</param>
/// <param name="NewCode">Its first instructions, not relocated yet.</param>
public sealed record FunctionDescription(
    string Name, string OldAddress, int OldSize, string OldHash, IReadOnlyList<InstructionLine> OldCode,
    string ReplacedBy, uint NewSize, IReadOnlyList<InstructionLine> NewCode);
