namespace Lucos.Abi;

/// <summary>How a store to a monitored instance is carried out.</summary>
public enum Interception : uint
{
    /// <summary>The page is opened for the one vCPU, the instruction is single-stepped, the page is closed (LUCOS, VEE 2006); state is transferred behind the instruction.</summary>
    Step = 1,

    /// <summary>The host carries the store out; state is transferred at the end of the basic block.</summary>
    Emulate = 2,

    /// <summary>The host carries the store out, and state is transferred at once, on a service vCPU, inside the instruction.</summary>
    Service = 3,
}
