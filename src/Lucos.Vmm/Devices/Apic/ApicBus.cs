using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Devices.Apic;

/// <summary>Carries interrupts between processors. Delivery takes no time: a message has arrived before the sender's next instruction.</summary>
internal sealed class ApicBus(List<Vcpu> vcpus)
{
    private const byte Broadcast = 0xff;

    internal void Send(LocalApic sender, InterruptCommand command)
    {
        foreach (Vcpu vcpu in vcpus)
        {
            if (!IsFor(vcpu.Apic, sender, command))
            {
                continue;
            }

            Deliver(vcpu, command);
            if (command.Mode == DeliveryMode.LowestPriority)
            {
                return;
            }
        }
    }

    private static bool IsFor(LocalApic apic, LocalApic sender, InterruptCommand command) => command.Shorthand switch
    {
        DestinationShorthand.Self => apic == sender,
        DestinationShorthand.All => true,
        DestinationShorthand.Others => apic != sender,
        _ => command.Destination == Broadcast || (command.IsLogical ? apic.MatchesLogical(command.Destination) : apic.Id == command.Destination),
    };

    private static void Deliver(Vcpu vcpu, InterruptCommand command)
    {
        switch (command.Mode)
        {
            case DeliveryMode.Fixed or DeliveryMode.LowestPriority:
                vcpu.Apic.RequestInterrupt(command.Vector);
                break;
            case DeliveryMode.Init when !command.IsDeassert:
                vcpu.HoldForStart();
                break;
            case DeliveryMode.StartUp:
                vcpu.Start(command.Vector);
                break;
        }
    }
}
