using Lucos.Vmm.Code;
using Lucos.Vmm.Cpu;

namespace Lucos.UpdateServer.Guest;

/// <summary>Hands returns to stubs to the server.</summary>
/// <param name="guest">The machine, which goes into the address space of who comes.</param>
/// <param name="listener">The server.</param>
/// <param name="start">Guest-virtual address of the first stub.</param>
internal sealed class StubListener(MachineGuest guest, IGuestListener listener, ulong start) : IReturnStubListener
{
    public void OnReturn(Vcpu vcpu, int stub)
    {
        guest.Enter(vcpu);
        ulong address = start + ((ulong)stub * ReturnStubs.StubSize);

        // Nobody returns by it: the guest jumped there. The next byte is a breakpoint instruction of the guest's own.
        ulong target = listener.TryReturn(address, out ulong returnAddress) ? returnAddress : address + 1;
        vcpu.Registers = vcpu.Registers with { Rip = target };
    }
}
