namespace Lucos.UpdateServer.Transactions;

/// <summary>What a step of a transaction changes.</summary>
public enum StepKind
{
    /// <summary>Displaced instructions into a relocation area.</summary>
    Copy,

    /// <summary>A saved instruction pointer in guest memory.</summary>
    Slot,

    /// <summary>The instruction pointer of a vCPU.</summary>
    Cpu,

    /// <summary>The jump over a function's entry, or its old bytes.</summary>
    Jump,
}
