namespace Lucos.Abi;

/// <summary>What kind of slot holds the instruction pointer of a <see cref="ContextDescriptor"/>.</summary>
public enum ContextKind : uint
{
    /// <summary>The saved RIP of an interrupt or exception frame.</summary>
    InterruptFrame = 1,

    /// <summary>The saved RIP of a thread that was switched out.</summary>
    SwitchedOut = 2,

    /// <summary>A return address in a stack frame.</summary>
    ReturnAddress = 3,
}
