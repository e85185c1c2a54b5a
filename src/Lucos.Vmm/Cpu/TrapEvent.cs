namespace Lucos.Vmm.Cpu;

/// <summary>An event to be delivered through the IDT.</summary>
/// <param name="Vector">Vector.</param>
/// <param name="Kind">Where it comes from.</param>
/// <param name="ErrorCode">Error code; ignored for vectors that have none.</param>
/// <param name="InstructionLength">For a software interrupt, bytes of its instruction: a fault while it is delivered points at it.</param>
public readonly record struct TrapEvent(byte Vector, TrapKind Kind, uint ErrorCode = 0, int InstructionLength = 0)
{
    /// <summary>An exception.</summary>
    public static TrapEvent Exception(byte vector, uint errorCode = 0) => new(vector, TrapKind.Exception, errorCode);

    /// <summary>An external interrupt.</summary>
    public static TrapEvent External(byte vector) => new(vector, TrapKind.ExternalInterrupt);

    /// <summary>A software interrupt whose instruction has <paramref name="length"/> bytes.</summary>
    public static TrapEvent Software(byte vector, int length) => new(vector, TrapKind.SoftwareInterrupt, 0, length);

    internal bool PushesErrorCode => Kind == TrapKind.Exception && ExceptionVector.HasErrorCode(Vector);
}
