using Lucos.Abi;
using Lucos.UpdateServer.WarmUp;
using Lucos.Vmm.Hypercalls;

namespace Lucos.UpdateServer.Guest;

/// <summary>Hands the machine's hypercalls to the server.</summary>
internal sealed class ServerHypercallHandler(LiveUpdateServer server, MachineGuest guest) : IHypercallHandler
{
    /// <inheritdoc/>
    public long? Handle(HypercallContext context)
    {
        if (context.Number == (ulong)Hypercall.Register)
        {
            // The guest is still booting, so it can wait for what the warm-up has not finished beside the boot; an update's guest can't.
            ServerWarmUp.Wait();
        }

        guest.Enter(context.Vcpu);
        return server.Handle(new HypercallArguments(
            context.Number, context.Argument0, context.Argument1, context.Argument2, context.Argument3, context.Cpl));
    }
}
