namespace Lucos.UpdateServer.Transactions;

/// <summary>One change, planned before anything is changed: what is to be there, and what was found there.</summary>
/// <param name="Kind">What it changes.</param>
/// <param name="Address">Guest-virtual address; for <see cref="StepKind.Cpu"/> the number of the vCPU.</param>
/// <param name="Old">The bytes before.</param>
/// <param name="New">The bytes after.</param>
/// <param name="Owner">Index of the function that it belongs to.</param>
internal sealed record Step(StepKind Kind, ulong Address, byte[] Old, byte[] New, int Owner)
{
    /// <summary>The step that takes this one back.</summary>
    public Step Inverse => this with { Old = New, New = Old };

    /// <summary>Whether it changes code.</summary>
    public bool IsCode => Kind is StepKind.Copy or StepKind.Jump;

    /// <inheritdoc/>
    public override string ToString() => Kind == StepKind.Cpu
        ? $"rip of vCPU {Address}"
        : $"{Kind.ToString().ToLowerInvariant()} at 0x{Address:x}";
}
