using Lucos.Abi;
using Lucos.Vmm.Hypercalls;

namespace Lucos.UpdateServer.Guest;

/// <summary>Hands the machine's hypercalls to the server.</summary>
internal sealed class ServerHypercallHandler(LiveUpdateServer server, MachineGuest guest) : IHypercallHandler
{
    /// <inheritdoc/>
    public long? Handle(HypercallContext context)
    {
        guest.Enter(context.Vcpu);
        return server.Handle(new HypercallArguments(
            context.Number, context.Argument0, context.Argument1, context.Argument2, context.Argument3, context.Cpl));
    }
}
