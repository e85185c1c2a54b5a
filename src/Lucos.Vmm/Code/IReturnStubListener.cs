using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Code;

/// <summary>Is told when a thread returns to a stub.</summary>
public interface IReturnStubListener
{
    /// <summary>
    /// A processor has returned to a stub: RIP is the stub's address, no instruction of it has run. Called on the machine's thread at an
    /// instruction boundary; everything may be changed, and RIP must be set elsewhere.
    /// </summary>
    /// <param name="vcpu">The processor.</param>
    /// <param name="stub">Number of the stub in its range.</param>
    void OnReturn(Vcpu vcpu, int stub);
}
