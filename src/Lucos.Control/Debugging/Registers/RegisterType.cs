namespace Lucos.Control.Debugging.Registers;

/// <summary>How gdb shows a register.</summary>
internal enum RegisterType
{
    /// <summary>A number.</summary>
    Integer,

    /// <summary>An address of data.</summary>
    DataPointer,

    /// <summary>An address of code.</summary>
    CodePointer,

    /// <summary>The flags.</summary>
    Flags,

    /// <summary>A number of the x87 unit, 80 bits.</summary>
    Extended,

    /// <summary>Sixteen bytes of the SSE unit.</summary>
    Vector,

    /// <summary>The SSE unit's status.</summary>
    VectorStatus,
}
