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

    /// <summary>A stub's address in the place of a return address, or that return address again.</summary>
    Stub,

    /// <summary>The return address that a stub stands for; nothing in guest memory.</summary>
    StubTarget,

    /// <summary>The contents of the stack and the scratch memory of transfers.</summary>
    Workspace,

    /// <summary>A version of an instance, made from the other one.</summary>
    Transfer,

    /// <summary>Whether a page is monitored.</summary>
    Monitor,
}
