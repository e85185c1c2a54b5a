using Lucos.Vmm.Cpu;

namespace Lucos.Control.Debugging.Registers;

/// <summary>A copy of a processor's registers that can be changed and put back.</summary>
internal sealed class ProcessorRegisters(Vcpu vcpu)
{
    private readonly RegisterFile _original = vcpu.Registers;
    private readonly FloatingPointFile _originalFloatingPoint = vcpu.FloatingPoint;

    /// <summary>General, segment and control registers.</summary>
    internal RegisterFile General = vcpu.Registers;

    /// <summary>Those of the x87 and SSE units.</summary>
    internal FloatingPointFile FloatingPoint { get; } = vcpu.FloatingPoint;

    /// <summary>Puts back what was changed.</summary>
    internal void Store()
    {
        if (General != _original)
        {
            vcpu.Registers = General;
        }

        if (!FloatingPoint.HasSameContent(_originalFloatingPoint))
        {
            vcpu.FloatingPoint = FloatingPoint;
        }
    }
}
